"""The command `campaign`: exit statuses, sentences, and the keys of its JSON."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Account
from campaigns.management.commands.campaign import Command
from campaigns.models import Campaign, CampaignRun, MessageTemplate
from campaigns.planning.plan import plan_run
from campaigns.run_control.lifecycle import start_campaign
from contacts.models import ContactList
from sending.models import Attempt, Delivery
from sending.states import RunState
from tests.campaigns.factories import make_account, make_campaign, make_list, make_run
from tests.commandline import manage

# Starting and resuming wake workers through Redis.
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]

STATUS_KEYS = (
    "state", "targeted", "pending", "sending", "sent", "failed", "skipped", "cancelled",
    "unknown", "res", "rate_per_second", "eta",
)  # fmt: skip
PEOPLE = range(100_000, 100_004)
TEXT = "-你好 100% & more = fine + hi \"q\" 's'\r\nnext\nline 😀"


@pytest.fixture
def members() -> ContactList:
    make_account(20_001, friends=PEOPLE)
    make_account(20_002)
    make_account(20_003)
    return make_list("会员 A", PEOPLE, city="上海")


def create(*arguments: object, name: str = "春 节") -> Any:
    return manage("campaign", "create", name, "--list", "会员 A", *arguments)


def a_running_campaign() -> CampaignRun:
    campaign = make_campaign("spring", lists=[ContactList.objects.get()])
    run = start_campaign(campaign=campaign)
    assert plan_run(run=run)
    run.refresh_from_db()
    return run


def finish(run: CampaignRun, **columns: Any) -> None:
    Delivery.objects.filter(run=run).update(**{"state": "sent", "last_res": "0", **columns})
    CampaignRun.objects.filter(pk=run.pk).transition(to=RunState.FINISHED)


# --- create -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", [TEXT, "--list", "-", "--", "--text", "=SUM(A1)", "{{ name }}{{ city }}", "'; DROP"]
)
def test_create_keeps_a_text_unchanged(members: ContactList, text: str) -> None:
    assert create("--text", text).status == 0
    assert Campaign.objects.get(name="春 节").text == text


@pytest.mark.parametrize("text", ["-x", "--", "a=b"])
def test_create_takes_a_text_after_an_equals_sign(members: ContactList, text: str) -> None:
    assert create(f"--text={text}").status == 0
    assert Campaign.objects.get().text == text


def test_create_answers_in_one_line_of_json(members: ContactList) -> None:
    make_list("staff")
    answer = create(
        *("--text", "hi", "--exclude-list", "staff", "--account", 20_001, 20_002),
        *("--account", 20_003, "--at", "2099-05-01T09:00", "--timezone", "Asia/Tokyo"),
        *("--window", "09:00-20:00", "--promise", "never-missed", "--strangers", "--json"),
    ).json
    campaign = Campaign.objects.get()
    assert answer == {
        "campaign": "春 节",
        "id": campaign.pk,
        "lists": ["会员 A"],
        "segments": [],
        "excluded_lists": ["staff"],
        "template": None,
        "variants": [],
        "holdout": 0,
        "per_minute": None,
        "priority": 5,
        "accounts": [20_001, 20_002, 20_003],
        "starts_at": "2099-05-01T00:00:00Z",
        "window": "09:00-20:00",
        "timezone": "Asia/Tokyo",
        "promise": "never-missed",
        "strangers": True,
        "audience_of": [],
        "exclude_audience_of": [],
        "sender": "keep",
        "order": "imported",
        "cap": None,
        "once_across": [],
        "windows": "09:00-20:00",
        "repeat": "",
        "until": None,
        "times": None,
        "holidays": None,
        "late": "send",
        "deadline": None,
        "overrides_quiet_hours": False,
    }
    assert campaign.accounts.count() == 3
    assert campaign.starts_at == datetime(2099, 5, 1, tzinfo=UTC)


def test_create_takes_a_template_and_several_lists(members: ContactList) -> None:
    MessageTemplate.objects.create(name="问候", text="hi {{ name }}")
    make_list("B", [100_009])
    assert create("--list", "B", "--template", "问候").status == 0
    campaign = Campaign.objects.get()
    assert campaign.message == "hi {{ name }}"
    assert campaign.lists.count() == 2


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--text", "{{ nmae }}"], "unknown_variable", "{{ nmae }}"),
        (["--text", "a\n{{ name"], "text_syntax", "Line 2"),
        (
            ["--text", "{% for i in (1..9999999999) reversed %}{{ i }}{% endfor %}"],
            "text_too_costly",
            "Line 1, column 13",
        ),
        (["--text", ""], "text_missing", "needs a text or a template"),
        (["--text", "hi", "--account", "99999"], "account_unknown", "99999"),
        (["--text", "hi", "--list", "会员A"], "list_unknown", "Did you mean “会员 A”"),
        (["--text", "hi", "--exclude-list", "x"], "list_unknown", "“x”"),
        (["--template", "x"], "template_unknown", "“x”"),
        (["--text", "hi", "--timezone", "Shanghai"], "timezone_unknown", "Asia/Shanghai"),
        (["--text", "hi", "--window", "9-20"], "window_malformed", "09:00-20:00"),
        (["--text", "hi", "--at", "soon"], "start_malformed", "“soon”"),
        (["--text", "hi", "--at", "2020-01-01T00:00"], "start_past", "past"),
        (["--text", "hi\udcff"], "not_utf8", "UTF-8"),
    ],
)
def test_create_refuses_with_a_sentence(
    members: ContactList, arguments: list[str], code: str, words: str
) -> None:
    said = create(*arguments)
    assert (said.status, said.out) == (1, "")
    assert words in said.err
    for_machines = create(*arguments, "--json")
    assert for_machines.status == 1
    assert for_machines.json["error"] == code
    assert words in for_machines.json["sentence"]
    assert not Campaign.objects.exists()


def test_create_refuses_a_name_that_is_taken(members: ContactList) -> None:
    create("--text", "hi")
    assert create("--text", "hi", "--json").json["error"] == "name_taken"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["create"],
        ["create", "x", "--list", "a"],
        ["create", "x", "--list", "a", "--text", "hi", "--template", "t"],
        ["create", "x", "--list", "a", "--text", "hi", "--account", "me"],
        ["create", "x", "--list", "a", "--text", "hi", "--promise", "always"],
        ["report", "x"],
        ["report", "x", "--out", "f", "--format", "pdf"],
        ["wait", "x", "--timeout", "soon"],
        ["stop", "x"],
    ],
)
def test_wrong_usage_is_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    command = Command()
    command._called_from_command_line = True
    with pytest.raises(SystemExit) as ended:
        command.create_parser("manage.py", "campaign").parse_args(arguments)
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


@pytest.mark.parametrize(
    "action", ["preflight", "start", "pause", "resume", "cancel", "retry", "status", "wait"]
)
def test_an_unknown_campaign_is_refused_and_the_nearest_name_suggested(
    members: ContactList, action: str
) -> None:
    make_campaign("春节 2026")
    said = manage("campaign", action, "春节2026", "--json")
    assert said.status == 1
    assert said.json["error"] == "campaign_unknown"
    assert said.json["nearest"] == "春节 2026"


# --- preflight and steering -------------------------------------------------------------------


def test_preflight_shows_recipients_and_texts(members: ContactList) -> None:
    make_campaign("spring", lists=[members], text="hi {{ name }}")
    said = manage("campaign", "preflight", "spring")
    assert said.status == 0
    assert "4 of 4 people" in said.out
    assert "hi 人100000" in said.out
    answer = manage("campaign", "preflight", "spring", "--json").json
    assert (answer["targeted"], answer["sendable"], answer["skipped"]) == (4, 4, {})
    assert answer["per_account"][0]["messages"] == 4
    assert not CampaignRun.objects.exists()


def test_preflight_with_a_problem_is_status_1(members: ContactList) -> None:
    make_campaign("spring", lists=[members], text="{{ nmae }}")
    said = manage("campaign", "preflight", "spring", "--json")
    assert said.status == 1
    assert "nmae" in said.json["problems"][0]


def test_start_pause_resume_and_cancel_from_the_command_line(members: ContactList) -> None:
    create("--text", "hi", name="spring")
    started = manage("campaign", "start", "spring", "--json").json
    assert (started["campaign"], started["run"], started["state"]) == ("spring", 1, "preparing")
    run = CampaignRun.objects.get()
    assert plan_run(run=run)
    assert manage("campaign", "pause", "spring", "--json").json["state"] == "paused"
    assert manage("campaign", "resume", "spring", "--json").json["state"] == "running"
    said = manage("campaign", "cancel", "spring")
    assert said.status == 0
    assert "cancelled" in said.out
    assert manage("campaign", "status", "spring", "--json").json["cancelled"] == 4


@pytest.mark.parametrize(
    ("action", "state", "code"),
    [
        ("pause", None, "not_started"),
        ("retry", None, "not_started"),
        ("wait", None, "not_started"),
        ("start", RunState.RUNNING, "already_active"),
        ("resume", RunState.RUNNING, "wrong_state"),
        ("pause", RunState.PAUSED, "wrong_state"),
        ("pause", RunState.FINISHED, "wrong_state"),
        ("cancel", RunState.FINISHED, "wrong_state"),
        ("retry", RunState.CANCELLED, "wrong_state"),
        ("retry", RunState.FINISHED, "nothing_to_retry"),
    ],
)
def test_an_action_that_does_not_fit_the_state_is_refused(
    members: ContactList, action: str, state: str | None, code: str
) -> None:
    campaign = make_campaign("spring", lists=[members])
    if state is not None:
        make_run(campaign, state=state)
    said = manage("campaign", action, "spring", "--json")
    assert said.status == 1
    assert said.json["error"] == code
    assert said.json["sentence"]


def test_retry_retries_exactly_the_chosen_deliveries(members: ContactList) -> None:
    run = a_running_campaign()
    ids = list(run.deliveries.order_by("pk").values_list("pk", flat=True))
    finish(run)
    for pk, state, res in (
        (ids[0], "failed", "5"),
        (ids[1], "failed", "7"),
        (ids[2], "unknown", ""),
    ):
        Delivery.objects.filter(pk=pk).update(state=state, last_res=res)
    assert manage("campaign", "retry", "spring", "--res", "5", "--json").json["retried"] == 1
    assert Delivery.objects.get(pk=ids[0]).state == "pending"
    assert manage("campaign", "retry", "spring", "--json").json["retried"] == 1
    assert Delivery.objects.get(pk=ids[2]).state == "unknown"
    assert manage("campaign", "retry", "spring", "--state", "unknown").status == 0
    assert Delivery.objects.filter(run=run, state="pending").count() == 3


# --- status -----------------------------------------------------------------------------------


def test_the_status_of_a_campaign_that_never_ran(members: ContactList) -> None:
    make_campaign("spring", lists=[members])
    answer = manage("campaign", "status", "spring", "--json").json
    assert tuple(answer)[: len(STATUS_KEYS)] == STATUS_KEYS
    assert answer["state"] == "draft"
    assert answer["targeted"] == 0
    assert "has not been started" in manage("campaign", "status", "spring").out


def test_the_json_of_status_has_the_documented_keys(members: ContactList) -> None:
    run = a_running_campaign()
    account, delivery = Account.objects.get(uin=20_001), run.deliveries.earliest("pk")
    now = timezone.now()
    CampaignRun.objects.filter(pk=run.pk).update(state_changed_at=now - timedelta(seconds=10))
    Attempt.objects.create(
        delivery=delivery, account=account, seq=1, marked_at=now, finished_at=now, res="0"
    )
    run.tallies.create(shard=3, kind="state", key="sent", n=1)
    run.tallies.create(shard=3, kind="state", key="pending", n=-1)
    run.tallies.create(shard=3, kind="res", key="0", n=1)
    run.tallies.create(shard=3, kind="res", key="NULL", n=2)
    answer = manage("campaign", "status", "spring", "--json").json
    assert tuple(answer)[: len(STATUS_KEYS)] == STATUS_KEYS
    assert answer["state"] == "running"
    assert answer["res"] == {"0": 1, "NULL": 2}
    assert (answer["targeted"], answer["pending"], answer["sent"]) == (4, 3, 1)
    assert answer["targeted"] == sum(answer[state] for state in STATUS_KEYS[2:9])
    assert answer["rate_per_second"] > 0
    assert datetime.fromisoformat(answer["eta"]) > now
    assert answer["run"] == 1
    assert any("worker" in sentence for sentence in answer["why"])
    said = manage("campaign", "status", "spring").out
    assert "spring #1: running" in said
    assert "1 of 4 done" in said


def test_an_earlier_run_can_be_asked_for(members: ContactList) -> None:
    finish(a_running_campaign())
    start_campaign(campaign=Campaign.objects.get())
    assert manage("campaign", "status", "spring", "--json").json["run"] == 2
    assert manage("campaign", "status", "spring", "--run", 1, "--json").json["state"] == "finished"
    assert (
        manage("campaign", "status", "spring", "--run", 3, "--json").json["error"] == "run_unknown"
    )


# --- wait -------------------------------------------------------------------------------------


def test_wait_ends_with_a_run_that_is_finished(members: ContactList) -> None:
    finish(a_running_campaign())
    said = manage("campaign", "wait", "spring", "--json")
    assert said.status == 0
    assert said.json["state"] == "finished"
    assert "4 of 4" not in said.out


@pytest.mark.parametrize("state", [RunState.CANCELLED, RunState.STOPPED])
def test_wait_says_why_a_run_ended_early(members: ContactList, state: str) -> None:
    make_run(make_campaign("spring"), state=state, state_detail="too many failures")
    said = manage("campaign", "wait", "spring")
    assert said.status == 1
    assert "too many failures" in said.err
    assert manage("campaign", "wait", "spring", "--json").json["error"] == state


def test_wait_gives_up_when_its_time_is_over(members: ContactList) -> None:
    a_running_campaign()
    said = manage("campaign", "wait", "spring", "--timeout", "0.1")
    assert said.status == 1
    assert "0 of 4 done" in said.err
    assert "\r" not in said.err
    assert manage("campaign", "wait", "spring", "--timeout", 0, "--json").json["error"] == "timeout"


# --- report -----------------------------------------------------------------------------------


def test_a_report_is_written_to_a_file(members: ContactList, tmp_path: Path) -> None:
    run = a_running_campaign()
    CampaignRun.objects.filter(pk=run.pk).update(text=TEXT)
    finish(run)
    file = tmp_path / "报告 1.csv"
    answer = manage("campaign", "report", "spring", "--format", "csv", "--out", file, "--json").json
    assert (answer["rows"], answer["file"]) == (4, str(file))
    with file.open(encoding="utf-8", newline="") as report:
        rows = list(csv.DictReader(report))
    assert [row["uin"] for row in rows] == [str(uin) for uin in PEOPLE]
    assert {row["text"] for row in rows} == {TEXT}
    assert list(tmp_path.iterdir()) == [file]
    assert "4 rows" in manage("campaign", "report", "spring", "--out", file).out


def test_a_report_on_standard_output_is_the_only_output(members: ContactList) -> None:
    finish(a_running_campaign())
    said = manage("campaign", "report", "spring", "--format", "json", "--out", "-")
    assert len(json.loads(said.out)) == 4
    said = manage("campaign", "report", "spring", "--out", "-")
    assert len(list(csv.reader(io.StringIO(said.out, newline="")))) == 5


def test_a_report_that_cannot_be_written_leaves_the_old_file(
    members: ContactList, tmp_path: Path
) -> None:
    finish(a_running_campaign())
    for place in (tmp_path / "missing" / "report.csv", tmp_path):
        said = manage("campaign", "report", "spring", "--out", place, "--json")
        assert said.status == 1
        assert said.json["error"] == "cannot_write"
        assert str(place) in said.json["sentence"]
    assert list(tmp_path.iterdir()) == []


def test_a_campaign_that_never_ran_has_no_report(members: ContactList, tmp_path: Path) -> None:
    make_campaign("spring")
    said = manage("campaign", "report", "spring", "--out", tmp_path / "r.csv", "--json")
    assert said.json["error"] == "not_started"

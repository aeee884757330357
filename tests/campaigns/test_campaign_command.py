"""The command `campaign`: exit statuses, sentences, and the keys of its JSON."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from campaigns.management.commands.campaign import Command
from campaigns.models import Campaign, CampaignRun, MessageTemplate
from campaigns.planning.plan import plan_run
from contacts.models import ContactList
from sending.models import Delivery
from sending.states import RunState
from tests.campaigns.campaign_command import (
    TEXT,
    a_running_campaign,
    create,
    finish,
    make_members,
)
from tests.campaigns.factories import make_campaign, make_list, make_run
from tests.commandline import manage

# Starting and resuming wake workers through Redis.
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]


@pytest.fixture
def members() -> ContactList:
    return make_members()


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
        "test_share": 0,
        "decide_by": None,
        "decide_after": None,
        "per_minute": None,
        "priority": 5,
        "accounts": [20_001, 20_002, 20_003],
        "pools": [],
        "labels": [],
        "needs_approval": False,
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
        "online_within": None,
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

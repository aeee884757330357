"""Unknown deliveries on the command line: they are listed, and an operator resolves them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import Account
from campaigns.management.commands.campaign import Command
from campaigns.models import CampaignRun
from campaigns.run_control.lifecycle import resolve_unknown
from contacts.models import Contact
from foundation.refusals import Refusal
from sending.models import Attempt, Delivery
from sending.runs.figures import check_figures, figures_of
from sending.states import DeliveryState, RunState
from tests.campaigns.factories import (
    make_account,
    make_campaign,
    make_delivery,
    make_list,
    make_run,
)
from tests.commandline import CommandResult, manage

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clean_redis"),
    pytest.mark.both_databases,
]

GIVEN_UP = datetime(2026, 3, 2, 4, 5, 6, tzinfo=UTC)
UNKNOWN = (100_000, 100_001, 100_002)


@pytest.fixture
def run() -> CampaignRun:
    """A finished run: three unknown deliveries, one sent."""
    account = make_account(20_001)
    people = [*UNKNOWN, 100_003]
    campaign = make_campaign("春 节", lists=[make_list("会员", people)], accounts=[account])
    run = make_run(campaign, state=RunState.FINISHED, planned_at=GIVEN_UP)
    for seq, contact in enumerate(Contact.objects.filter(uin__in=UNKNOWN).order_by("uin"), 7):
        add_unknown(run, contact, account=account, seq=seq)
    make_delivery(run, Contact.objects.get(uin=100_003), account=account)
    return run


def add_unknown(run: CampaignRun, contact: Contact, *, account: Account, seq: int) -> None:
    delivery = make_delivery(
        run,
        contact,
        state="unknown",
        account=account,
        seq=seq,
        reason="timeout",
        last_res="timeout",
    )
    for attempt, ended in ((seq + 100, datetime(2026, 3, 1, tzinfo=UTC)), (seq, GIVEN_UP)):
        Attempt.objects.create(
            delivery=delivery,
            account=account,
            seq=attempt,
            marked_at=datetime(2026, 2, 1, tzinfo=UTC),
            finished_at=ended,
        )


def resolve(*arguments: object) -> CommandResult:
    return manage("campaign", "resolve", "春 节", *arguments, "--json")


def states(run: CampaignRun) -> dict[int, str]:
    assert not check_figures(run=run)
    return dict(Delivery.objects.filter(run=run).values_list("uin", "state"))


def test_the_json_of_unknown_has_the_documented_keys(run: CampaignRun) -> None:
    answer = manage("campaign", "unknown", "春 节", "--json").json
    for row in answer["unknown"]:
        # The shared time is shown as wall time; the two may drift apart by a little meanwhile.
        since = datetime.fromisoformat(row.pop("since"))
        assert abs(since - GIVEN_UP) < timedelta(seconds=1)
    assert answer == {
        "campaign": "春 节",
        "run": 1,
        "unknown": [
            {
                "uin": uin,
                "account": 20_001,
                "reason": "timeout",
                "last_res": "timeout",
                "seq": seq,
            }
            for seq, uin in enumerate(UNKNOWN, 7)
        ],
    }


def test_unknown_without_json_is_a_table(run: CampaignRun) -> None:
    said = manage("campaign", "unknown", "春 节")
    assert said.status == 0
    assert all(str(uin) in said.out for uin in UNKNOWN)
    assert "100003" not in said.out
    assert "campaign resolve" in said.out


def test_a_run_without_unknown_deliveries_says_so(run: CampaignRun) -> None:
    assert resolve("--as", "sent", "--all").status == 0
    said = manage("campaign", "unknown", "春 节")
    assert said.status == 0
    assert "no unknown deliveries" in said.out
    assert manage("campaign", "unknown", "春 节", "--json").json["unknown"] == []


@pytest.mark.parametrize(
    ("verdict", "state", "of_the_run"),
    [
        ("sent", DeliveryState.SENT, RunState.FINISHED),
        ("failed", DeliveryState.FAILED, RunState.FINISHED),
        ("again", DeliveryState.PENDING, RunState.RUNNING),
    ],
)
@pytest.mark.parametrize(
    ("which", "meant"),
    [
        (["--all"], UNKNOWN),
        (["--uin", 100_001], (100_001,)),
        (["--uin", 100_001, 100_002], (100_001, 100_002)),
        (["--uin", 100_001, "--uin", 100_000], (100_000, 100_001)),
    ],
)
def test_an_operators_verdict_is_recorded(
    run: CampaignRun,
    verdict: str,
    state: str,
    of_the_run: str,
    which: list[Any],
    meant: tuple[int, ...],
) -> None:
    answer = resolve("--as", verdict, *which).json
    assert (answer["resolved"], answer["as"]) == (len(meant), verdict)
    assert (answer["campaign"], answer["run"], answer["state"]) == ("春 节", 1, of_the_run)
    assert states(run) == {
        100_003: "sent",
        **{uin: state if uin in meant else "unknown" for uin in UNKNOWN},
    }
    assert run.events.filter(detail__contains=str(len(meant))).exists()


def test_the_answer_without_json_has_the_number(run: CampaignRun) -> None:
    said = manage("campaign", "resolve", "春 节", "--as", "sent", "--all")
    assert said.status == 0
    assert "3 deliveries are resolved" in said.out


@pytest.mark.parametrize("uins", [[100_003], [100_000, 100_003], [0], [99_999]])
def test_a_uin_that_is_not_unknown_is_refused_and_nothing_is_done(
    run: CampaignRun, uins: list[int]
) -> None:
    before = states(run)
    said = resolve("--as", "sent", "--uin", *uins)
    assert said.status == 1
    assert (said.json["error"], said.json["uins"]) == ("not_unknown", uins[-1:])
    assert str(uins[-1]) in said.json["sentence"]
    assert states(run) == before


def test_resolving_is_refused_without_unknown_deliveries(run: CampaignRun) -> None:
    assert resolve("--as", "failed", "--all").status == 0
    said = resolve("--as", "failed", "--all")
    assert (said.status, said.json["error"]) == (1, "nothing_unknown")


def test_an_erased_person_is_resolved_but_never_written_to(run: CampaignRun) -> None:
    Delivery.objects.filter(run=run, uin=100_000).update(uin=0, contact=None)
    assert resolve("--as", "again", "--all").json["resolved"] == 2
    assert resolve("--as", "again", "--all").json["error"] == "nothing_unknown"
    assert resolve("--as", "failed", "--all").json["resolved"] == 1


@pytest.mark.parametrize(
    ("make_later_run", "state", "code"),
    [(False, RunState.CANCELLED, "wrong_state"), (True, RunState.FINISHED, "already_active")],
)
def test_deliveries_that_cannot_be_sent_again_stay_unknown(
    run: CampaignRun, make_later_run: bool, state: str, code: str
) -> None:
    CampaignRun.objects.filter(pk=run.pk).update(state=state)
    unknown = Delivery.objects.filter(run=run, state="unknown")
    if make_later_run:  # the command speaks of the newest only; the console of any
        make_run(run.campaign, state=RunState.RUNNING)
        with pytest.raises(Refusal, match="under way") as refused:
            resolve_unknown(deliveries=unknown, to=DeliveryState.PENDING)
        assert refused.value.code == code
    else:
        said = resolve("--as", "again", "--all")
        assert (said.status, said.json["error"]) == (1, code)
    assert unknown.count() == 3
    assert figures_of(run=run).unknown == 3


@pytest.mark.parametrize(
    "arguments",
    [
        ["resolve", "x"],
        ["resolve", "x", "--all"],
        ["resolve", "x", "--as", "sent"],
        ["resolve", "x", "--as", "lost", "--all"],
        ["resolve", "x", "--as", "sent", "--all", "--uin", "1"],
        ["resolve", "x", "--as", "sent", "--uin", "me"],
        ["resolve", "x", "--as", "sent", "--uin"],
        ["unknown"],
    ],
)
def test_wrong_usage_is_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        Command().create_parser("manage.py", "campaign").parse_args(arguments)
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["unknown"], ["resolve", "--as", "sent", "--all"]])
def test_a_campaign_that_never_ran_is_refused(db: None, arguments: list[str]) -> None:
    make_campaign("spring")
    said = manage("campaign", arguments[0], "spring", *arguments[1:], "--json")
    assert (said.status, said.json["error"]) == (1, "not_started")

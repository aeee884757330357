"""A retry sends exactly the chosen deliveries again, and refuses all others with a sentence."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Account
from campaigns.models import CampaignRun
from campaigns.reports.check_sums import check_sums
from campaigns.run_control.retry import RetryChoice, chosen_deliveries, retry_run, retry_selected
from contacts.models import Contact
from foundation.refusals import Refusal
from sending.models import Delivery
from sending.runs.figures import check_figures, figures_of
from sending.states import RunState
from tests.campaigns.factories import (
    make_account,
    make_campaign,
    make_delivery,
    make_list,
    make_run,
)
from tests.commandline import manage
from tests.examples import examples

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clean_redis"),
    pytest.mark.both_databases,
]

FIRST = 100_000
#: The state, last code, reason and account (0 or 1) of each delivery of the run.
ROWS = (
    ("failed", "5", "RES_5", 0),
    ("failed", "5", "RES_5", 1),
    ("failed", "7", "RES_7", 1),
    ("failed", "", "no_account", 0),
    ("unknown", "NULL", "too_many_tries", 1),
    ("sent", "0", "", 0),
    ("skipped", "", "suppressed", 0),
    ("pending", "", "", 1),
)


def ended_run(name: str = "spring") -> CampaignRun:
    """Return a paused run with a delivery for each of ROWS."""
    accounts = [
        Account.objects.filter(uin=uin).first() or make_account(uin) for uin in (20_001, 20_002)
    ]
    people = make_list(name, range(FIRST, FIRST + len(ROWS)))
    run = make_run(make_campaign(name, lists=[people]), state=RunState.PAUSED)
    for number, (state, res, reason, account) in enumerate(ROWS):
        make_delivery(
            run,
            Contact.objects.get(uin=FIRST + number),
            state=state,
            last_res=res,
            reason=reason,
            account=accounts[account],
        )
    return run


def pending(run: CampaignRun) -> list[int]:
    """Return the numbers of the rows that are pending, without the one that always was."""
    uins = Delivery.objects.filter(run=run, state="pending").values_list("uin", flat=True)
    return sorted(uin - FIRST for uin in uins if uin != FIRST + 7)


@pytest.mark.parametrize(
    ("options", "rows"),
    [
        ([], [0, 1, 2, 3]),
        (["--res", 5], [0, 1]),
        (["--res", 5, 7], [0, 1, 2]),
        (["--reason", "no_account"], [3]),
        (["--account", 20_002], [1, 2]),
        (["--account", 20_002, "--res", 5], [1]),
        (["--uin", FIRST + 2], [2]),
        (["--state", "unknown"], [4]),
        (["--state", "unknown", "--state", "failed"], [0, 1, 2, 3, 4]),
        (["--state", "unknown", "--uin", FIRST + 4], [4]),
    ],
)
def test_the_command_retries_exactly_these(options: list[object], rows: list[int]) -> None:
    run = ended_run()
    said = manage("campaign", "retry", "spring", *options, "--json")
    assert said.status == 0
    assert said.json["retried"] == len(rows)
    assert pending(run) == rows
    assert not check_figures(run=run)
    assert not check_sums(run)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--uin", FIRST + 5], "already_sent"),
        (["--uin", FIRST, "--uin", FIRST + 5], "already_sent"),
        (["--state", "sent"], "already_sent"),
        (["--state", "skipped"], "not_retryable"),
        (["--uin", FIRST + 4], "unknown_not_named"),
        (["--uin", FIRST + 6], "not_retryable"),
        (["--uin", FIRST + 7], "still_open"),
        (["--uin", 999_999], "not_in_run"),
        (["--uin", FIRST + 2, "--res", 5], "nothing_to_retry"),
        (["--res", 99], "nothing_to_retry"),
        (["--account", 30_000], "account_unknown"),
        (["--run", 9], "run_unknown"),
    ],
)
def test_what_cannot_be_retried_is_refused_and_nothing_is(options: list[object], code: str) -> None:
    run = ended_run()
    said = manage("campaign", "retry", "spring", *options, "--json")
    assert (said.status, said.json["error"]) == (1, code)
    assert said.json["sentence"]
    assert pending(run) == []


def test_a_run_other_than_the_newest_is_retried_by_its_number() -> None:
    run = ended_run()
    CampaignRun.objects.filter(pk=run.pk).update(state=RunState.FINISHED)
    make_run(run.campaign, state=RunState.CANCELLED)
    assert manage("campaign", "retry", "spring", "--run", 1, "--json").json["run"] == 1
    run.refresh_from_db()
    assert run.state == RunState.RUNNING


def test_a_selection_of_several_runs_is_retried_whole_or_not_at_all() -> None:
    one, other = ended_run("one"), ended_run("other")
    rows = Delivery.objects.filter(run__in=[one.pk, other.pk], last_res="5")
    CampaignRun.objects.filter(pk=other.pk).update(state=RunState.CANCELLED)
    with pytest.raises(Refusal) as refusal:
        retry_selected(deliveries=rows)
    assert refusal.value.code == "wrong_state"
    assert pending(one) == []
    CampaignRun.objects.filter(pk=other.pk).update(state=RunState.PAUSED)
    assert retry_selected(deliveries=rows) == 4
    assert pending(one) == pending(other) == [0, 1]


@settings(
    max_examples=examples(30),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    states=st.sets(st.sampled_from(["failed", "unknown"]), min_size=1),
    res=st.sets(st.sampled_from(["5", "7", "NULL"])),
    accounts=st.sets(st.sampled_from([0, 1])),
)
def test_any_choice_holds_the_rows_that_fit_all_its_parts(
    states: set[str], res: set[str], accounts: set[int]
) -> None:
    run = CampaignRun.objects.first() or ended_run()
    choice = RetryChoice(
        states=states,
        res=res,
        accounts=list(Account.objects.filter(uin__in=[20_001 + number for number in accounts])),
    )
    wanted = [
        number
        for number, (state, code, _reason, account) in enumerate(ROWS)
        if state in states and (not res or code in res) and (not accounts or account in accounts)
    ]
    found = chosen_deliveries(run=run, choice=choice).values_list("uin", flat=True)
    assert sorted(uin - FIRST for uin in found) == wanted


def test_the_figures_stay_exact_over_several_retries() -> None:
    run = ended_run()
    before = figures_of(run=run)
    retry_run(run=run, choice=RetryChoice(res=["7"]))
    retry_run(run=run)
    after = figures_of(run=run)
    assert (after.pending, after.failed) == (before.pending + 4, 0)
    assert not check_figures(run=run)
    assert not check_sums(run)

"""The reconciler repairs the effects of a crash, a lost wake-up or a dead worker."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.states import AccountState
from campaigns.models import CampaignRun
from campaigns.planning.reroute import reroute_stopped_accounts
from contacts.models import Contact
from sending import reconcile as reconciling
from sending.models import Attempt, Delivery
from sending.reconcile import reconcile
from sending.runs import deliveries
from sending.runs.figures import check_figures
from sending.states import ENDED_RUN_STATES, DeliveryState, RunState
from tests.campaigns.factories import (
    make_account,
    make_campaign,
    make_delivery,
    make_list,
    make_run,
)

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clean_redis"),
    pytest.mark.both_databases,
]
LONG_AGO, NOW = timedelta(hours=1), timedelta(0)


def a_run(state: str = RunState.RUNNING, **columns: Any) -> CampaignRun:
    return make_run(
        make_campaign("spring", lists=[make_list("all", range(100_000, 100_003))], **columns),
        state=state,
        ended_at=timezone.now() if state in ENDED_RUN_STATES else None,
    )


def in_flight(
    run: CampaignRun, *ages: timedelta, account_state: str = AccountState.QUARANTINED
) -> Any:
    """Make a delivery in flight with attempts of these ages, the last of them open."""
    account = make_account(20_001, state=account_state)
    delivery = make_delivery(
        run, Contact.objects.all()[0], state="sending", account=account, seq=len(ages)
    )
    for seq, age in enumerate(ages, start=1):
        Attempt.objects.create(
            delivery=delivery,
            account=account,
            seq=seq,
            marked_at=timezone.now() - age,
            finished_at=None if seq == len(ages) else timezone.now(),
        )
    return delivery


@pytest.mark.parametrize(
    ("ages", "account_state", "promise", "expected"),
    [
        ([LONG_AGO], AccountState.QUARANTINED, "never-twice", "unknown"),
        ([LONG_AGO], AccountState.DISABLED, "never-twice", "unknown"),
        ([LONG_AGO], AccountState.QUARANTINED, "never-missed", "failed"),
        ([NOW], AccountState.QUARANTINED, "never-twice", "sending"),
        # The age of an earlier attempt does not count, only that of the attempt in flight.
        ([LONG_AGO, NOW], AccountState.QUARANTINED, "never-twice", "sending"),
        ([LONG_AGO, NOW], AccountState.QUARANTINED, "never-missed", "sending"),
        # The lane of a working account resolves it.
        ([LONG_AGO], AccountState.ONLINE, "never-twice", "sending"),
    ],
)
def test_attempts_without_a_lane_are_given_up_once_the_gateway_forgot_them(
    ages: list[timedelta], account_state: str, promise: str, expected: str
) -> None:
    run = a_run(promise=promise)
    delivery = in_flight(run, *ages, account_state=account_state)
    reconcile()
    reroute_stopped_accounts()  # what went back to pending has no account to go to
    delivery.refresh_from_db()
    assert delivery.state == expected
    assert check_figures(run=run) == []


def test_a_finished_run_with_pending_deliveries_resumes() -> None:
    run = a_run(RunState.FINISHED)
    make_delivery(run, Contact.objects.all()[0], state="pending", account=make_account(20_001))
    reconcile()
    run.refresh_from_db()
    assert run.state == RunState.RUNNING


def test_a_finished_run_stays_finished() -> None:
    run = a_run(RunState.FINISHED)
    make_delivery(run, Contact.objects.all()[0], state="sent")
    reconcile()
    run.refresh_from_db()
    assert run.state == RunState.FINISHED
    assert not run.events.exists()


def test_deliveries_that_a_cancel_left_pending_are_cancelled() -> None:
    run = a_run(RunState.CANCELLED)
    make_delivery(run, Contact.objects.all()[0], state="pending", account=make_account(20_001))
    reconcile()
    assert Delivery.objects.get().state == DeliveryState.CANCELLED
    assert check_figures(run=run) == []


def test_the_rest_of_a_large_cancelled_run_waits_for_the_next_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reconciling, "CANCELLED_AT_A_TIME", 1)
    monkeypatch.setattr(deliveries, "CHUNK", 1)
    run, account = a_run(RunState.CANCELLED), make_account(20_001)
    for contact in Contact.objects.all():
        make_delivery(run, contact, state="pending", account=account)
    for left in (2, 1, 0, 0):
        reconcile()
        assert Delivery.objects.pending().count() == left
    assert check_figures(run=run) == []


def test_a_run_with_nothing_open_is_finished() -> None:
    run = a_run()
    make_delivery(run, Contact.objects.all()[0], state="sent")
    reconcile()
    run.refresh_from_db()
    assert run.state == RunState.FINISHED

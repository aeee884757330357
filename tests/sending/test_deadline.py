"""Deadlines and quiet hours apply to running runs before the next message of each account."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Account
from campaigns.models import CampaignRun
from campaigns.run_control.lifecycle import pause_run, retry_run
from clocks import shared
from foundation.refusals import Refusal
from qqhttp.simulator import GatewaySimulator
from sending.models import Attempt, Delivery, QuietHours, RunEvent
from sending.reconcile import reconcile
from sending.runs.figures import check_figures, figures_of
from tests.sending.conftest import FRIENDS, Start, assert_exact, is_finished, states_of
from tests.sending.test_operator_changes import arrived, wait_for_messages
from tests.sending.working import LocalWorker, wait_until


def reconciled(run: CampaignRun) -> bool:
    """Reconcile, as beat does; return whether the run has finished."""
    reconcile()
    return is_finished(run)


def test_the_rest_of_a_run_is_cancelled_at_its_deadline(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    Account.objects.update(min_interval=0.3)
    deadline = shared.wall() + timedelta(seconds=2)
    run = start(accounts=senders[:1], deadline_at=deadline)
    with LocalWorker():
        wait_until(lambda: shared.wall() > deadline + timedelta(seconds=0.7), what="the deadline")
        reconcile()
        wait_until(lambda: reconciled(run), what="end")
    assert (
        not Attempt.objects.filter(marked_at__gt=shared.from_wall(deadline))
        .exclude(res="withheld")
        .exists()
    )
    states = states_of(run)
    assert 0 < states["sent"] < FRIENDS
    assert states == {"sent": states["sent"], "cancelled": FRIENDS - states["sent"]}
    assert set(Delivery.objects.filter(state="cancelled").values_list("reason", flat=True)) == {
        "deadline"
    }
    assert figures_of(run=run).reasons["cancelled"] == {"deadline": states["cancelled"]}
    details = RunEvent.objects.filter(run=run).values_list("detail", flat=True)
    assert sum("messages not sent" in detail for detail in details) == 1
    assert_exact(run, engine)
    with pytest.raises(Refusal) as refused:
        retry_run(run=run)
    assert refused.value.code == "wrong_state"


def test_a_paused_run_ends_at_its_deadline(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    run = start(accounts=senders[:1])
    pause_run(run=run)
    CampaignRun.objects.filter(pk=run.pk).update(deadline_at=shared.wall())
    reconcile()
    reconcile()
    run.refresh_from_db()
    assert (run.state, states_of(run)) == ("finished", {"cancelled": FRIENDS})
    assert check_figures(run=run) == []


@pytest.mark.slow
def test_quiet_hours_that_begin_stop_a_running_run_and_their_end_lets_it_go_on(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    Account.objects.update(min_interval=0.3)
    run = start(accounts=senders[:1], timezone="Asia/Shanghai")
    now = shared.wall()
    with LocalWorker() as worker:
        wait_for_messages(engine, 2)
        hour = (now + timedelta(hours=8)).hour
        quiet = QuietHours.objects.create(start=f"{hour}:00", end=f"{(hour + 2) % 24}:00")
        wait_until(lambda: not worker.runtime.lanes, what="the lane to end")
        before = arrived(engine)
        assert before <= 7  # it holds within half a second or so
        quiet.delete()
        wait_until(lambda: reconciled(run), what="the end of the run")
    assert_exact(run, engine)


@pytest.mark.slow
def test_a_campaign_that_may_override_quiet_hours_sends_in_them(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    QuietHours.objects.create(start="00:00", end="23:59")
    held = start(accounts=senders[:1])
    free = start(accounts=senders[1:2], name="urgent", overrides_quiet_hours=True)
    with LocalWorker():
        wait_until(lambda: is_finished(free), what="the end of the run")
    assert states_of(held) == {"pending": FRIENDS}

"""Rests that a lane begins by itself, rests that an operator orders, and slices that end."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Account, Egress, Lease
from accounts.transitions import enable_account, rest_account
from qqhttp.simulator import GatewaySimulator
from sending.lanes import lane as lane_module
from sending.lanes import reactions
from tests.sending.conftest import Start, assert_exact, is_finished
from tests.sending.working import LocalWorker, wait_until


def _state(account: Account) -> tuple[str, str]:
    account.refresh_from_db()
    return account.state, account.state_reason


@pytest.mark.slow
def test_a_rest_that_an_operator_orders_outlasts_the_lanes_own(
    engine: GatewaySimulator, senders: list[Account], start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reactions, "FIRST_LOGIN_REST", 1.0)
    account, run = senders[0], start(accounts=senders[:1])
    engine.control.set_faults("refuse,command=CLTMSG")
    with LocalWorker() as worker:
        wait_until(lambda: _state(account) == ("resting", "session_ended"), what="its own rest")
        engine.control.set_faults()
        rest_account(account=account, seconds=600)
        time.sleep(2.0)
        assert _state(account) == ("resting", "by_operator")
        assert engine.control.figures().arrived == 0
        left = Lease.objects.get(account=account).resting_until
        assert left is not None
        assert left > timezone.now() + timedelta(seconds=500)
        enable_account(account=account)
        wait_until(lambda: is_finished(run), what="the end of the run")
    assert worker.deaths == []
    assert_exact(run, engine)


@pytest.mark.slow
@pytest.mark.one_database
def test_logins_that_do_not_help_are_remembered_when_a_slice_is_over(
    engine: GatewaySimulator, senders: list[Account], start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reactions, "FIRST_LOGIN_REST", 0.2)
    monkeypatch.setattr(lane_module, "SLICE_SECONDS", 0.5)
    run = start(accounts=senders[:1])
    engine.control.set_faults("refuse,command=CLTMSG")
    with LocalWorker() as worker:
        time.sleep(6.5)  # rests of 0.2, 0.4, 0.8, 1.6 and 3.2 s
        logins = engine.control.figures().logins["accepted"]
        engine.control.set_faults()
        senders[0].refresh_from_db()
        enable_account(account=senders[0])
        wait_until(lambda: is_finished(run), what="the end of the run")
    assert worker.deaths == []
    assert_exact(run, engine)
    assert 3 <= logins <= 8


@pytest.mark.slow
def test_an_account_pinned_to_another_egress_leaves_this_one_at_once(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    """Not at the end of its slice: the worker of its new egress waits for the lease."""
    account, run = senders[0], start(accounts=senders[:1])
    Account.objects.filter(pk=account.pk).update(min_interval=0.5)  # the slice holds all messages
    with LocalWorker(is_looking=False) as worker:
        lane = worker.open_lane(account)
        wait_until(lambda: engine.control.figures().arrived >= 1, what="the first message")
        Account.objects.filter(pk=account.pk).update(egress=Egress.objects.create(name="far"))
        wait_until(lambda: not lane.is_alive(), what="the end of the lane")
        assert not is_finished(run)
        assert Lease.objects.get(account=account).worker is None
    assert worker.deaths == []

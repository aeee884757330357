"""A wake-up is never for nothing: the lane that it opens, or that is open, sees the work."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from accounts.models import Account
from clocks import local
from qqhttp.simulator import GatewaySimulator
from sending.lanes import context as context_module
from sending.runs import windows
from sending.worker import open_lane as open_lane_module
from sending.worker import runtime as runtime_module
from sending.worker.open_lane import run_lane_for
from tests.sending.conftest import ACCOUNTS, FRIENDS, Start, assert_exact, states_of
from tests.sending.working import LocalWorker, wait_until

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def a_control_loop_that_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let lanes learn of runs by themselves only."""
    monkeypatch.setattr(runtime_module, "CONTROL_SECONDS", 60.0)


def test_a_run_that_began_just_after_the_runs_were_read_is_sent_at_once(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    with LocalWorker(is_looking=False) as worker:
        context = worker.runtime.context
        context.read_runs()
        run = start(accounts=senders)
        assert run.pk not in context.runs
        context._runs_read_at = local.elapsed()  # as if that had been a moment ago
        for lane in [worker.open_lane(account) for account in senders]:
            lane.join(20)
    assert worker.deaths == []
    assert states_of(run) == {"sent": ACCOUNTS * FRIENDS}
    assert_exact(run, engine)


def test_a_read_of_the_runs_that_ends_late_removes_no_run(
    engine: GatewaySimulator, senders: list[Account], start: Start, monkeypatch: Any
) -> None:
    real, has_read, may_go_on = (
        windows.load_quiet_hours,
        local.new_event(),
        local.new_event(),
    )

    def waiting() -> Any:
        if threading.current_thread().name == "late":
            has_read.set()
            assert may_go_on.wait(20)
        return real()

    with LocalWorker(is_looking=False) as worker:
        context = worker.runtime.context
        monkeypatch.setattr(context_module, "load_quiet_hours", waiting)
        late = local.start_thread(context.read_runs, name="late")
        assert has_read.wait(20)
        run = start(accounts=senders)
        context.read_runs()
        may_go_on.set()
        late.join()
        assert list(context.runs) == [run.pk]


def test_a_wake_up_that_meets_an_ending_lane_opens_another(
    engine: GatewaySimulator, senders: list[Account], start: Start, monkeypatch: Any
) -> None:
    account = senders[0]
    woken: list[int] = []
    runs: list[Any] = []
    monkeypatch.setattr(
        open_lane_module, "wake_lanes", lambda *, account_ids: woken.extend(account_ids)
    )
    with LocalWorker(is_looking=False) as worker:

        def end(ledger: Any) -> None:
            if not runs:
                runs.append(start(accounts=[account]))
                run_lane_for(account_id=account.pk, runtime=worker.runtime)
            real(ledger)

        real = type(worker.runtime.context.ledger).wait_for_all
        monkeypatch.setattr(type(worker.runtime.context.ledger), "wait_for_all", end)
        worker.open_lane(account).join(20)
        assert woken == [account.pk]
        worker.open_lane(account).join(20)
        wait_until(lambda: runs[0].deliveries.filter(state="sent").exists(), what="the message")
    assert worker.deaths == []
    assert woken == [account.pk]
    assert_exact(runs[0], engine)

"""Lanes that end together hand back together, and the trouble of one is its own."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import OperationalError

from accounts.leases.return_leases import return_lease, return_leases
from accounts.models import Account, Lease
from foundation import gathering
from qqhttp.simulator import GatewaySimulator
from sending.lanes import closings as closings_module
from sending.lanes.closings import Closings
from sending.worker import runtime as runtime_module
from tests.sending.conftest import Start, assert_exact, is_finished
from tests.sending.working import LocalWorker, wait_until


@pytest.fixture
def together(monkeypatch: Any, senders: list[Account]) -> list[int]:
    """Gather for long; return how many leases each step handed back."""
    counted: list[int] = []

    def noting(returns: Any) -> Any:
        counted.append(len(returns))
        return return_leases(returns)

    all_ended = threading.Barrier(len(senders), timeout=20)
    hand_back = Closings.hand_back

    def together_with_others(self: Closings, one: Any) -> None:
        all_ended.wait()  # on an idle machine a lane would end alone
        hand_back(self, one)

    monkeypatch.setattr(Closings, "hand_back", together_with_others)
    monkeypatch.setattr(closings_module, "return_leases", noting)
    monkeypatch.setattr(gathering, "GATHER_SECONDS", 1.0)
    return counted


@pytest.mark.slow
def test_lanes_that_end_together_share_the_statements(
    engine: GatewaySimulator, senders: list[Account], start: Start, together: list[int]
) -> None:
    run = start(accounts=senders)
    with LocalWorker(is_looking=False) as worker:
        for lane in [worker.open_lane(account) for account in senders]:
            lane.join(20)
        assert worker.deaths == []
    assert_exact(run, engine)
    assert is_finished(run)
    assert max(together, default=0) > 1, together
    assert not Lease.objects.held().exists()


@pytest.mark.slow
def test_leases_are_handed_back_when_the_database_is_there_again(
    engine: GatewaySimulator, senders: list[Account], start: Start, monkeypatch: Any
) -> None:
    away: list[int] = []

    def refuse(*_given: Any) -> Any:
        away.append(1)
        raise OperationalError("server closed the connection unexpectedly")

    # A lease that nobody hands back would be freed as forgotten.
    monkeypatch.setattr(runtime_module, "FORGOTTEN_SECONDS", 600.0)
    monkeypatch.setattr(closings_module, "return_leases", refuse)
    monkeypatch.setattr(closings_module, "return_lease", refuse)
    run = start(accounts=senders)
    with LocalWorker() as worker:
        wait_until(lambda: is_finished(run), what="the end of the run")
        wait_until(lambda: len(away) > 1, what="a lane's end and another try")
        assert Lease.objects.held().exists()
        monkeypatch.setattr(closings_module, "return_leases", return_leases)
        monkeypatch.setattr(closings_module, "return_lease", return_lease)
        wait_until(lambda: not Lease.objects.held().exists(), what="the leases' return")
        assert worker.deaths == []
    assert_exact(run, engine)

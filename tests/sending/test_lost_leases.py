"""A lease that was lost, or forgotten, is not held for ever, and its lane starts over."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from django.db import OperationalError

from accounts.leases.take_leases import Taken, take_leases
from accounts.leases.workers import end_worker
from accounts.models import Account, Lease
from qqhttp.simulator import GatewaySimulator
from sending.lanes import sender as sender_module
from sending.lanes.unsettled import unsettled_attempts
from sending.ledger.entries import Mark
from sending.ledger.ledger import Ledger
from sending.models import Attempt
from sending.runs.figures import check_figures
from sending.worker import openings as openings_module
from sending.worker import runtime as runtime_module
from tests.sending.conftest import FRIENDS, Start, assert_exact, is_finished, states_of
from tests.sending.fenced_workers import a_worker, settlement, taken
from tests.sending.working import LocalWorker, wait_until


@pytest.mark.slow
def test_a_lease_whose_taking_was_cut_off_is_not_held_for_ever(
    engine: GatewaySimulator, senders: list[Account], start: Start, monkeypatch: Any
) -> None:
    """The database died after the commit and before its answer: the worker has an unknown lease."""
    real = take_leases
    cut: list[int] = []

    def take_leases_and_lose_the_answer(**given: Any) -> Taken:
        taken_leases = real(**given)
        if not cut:
            cut.extend(given["account_ids"])
            raise OperationalError("server closed the connection unexpectedly")
        return taken_leases

    monkeypatch.setattr(openings_module, "take_leases", take_leases_and_lose_the_answer)
    monkeypatch.setattr(runtime_module, "FORGOTTEN_SECONDS", 0.5)
    run = start(accounts=senders[:2])
    with LocalWorker() as worker:
        wait_until(lambda: is_finished(run), what="the end of the run")
    # All that shared the statement are told, and none of their leases is forgotten.
    assert [type(death) for death in worker.deaths] == [OperationalError] * len(cut)
    assert_exact(run, engine)


def test_a_refused_repeat_does_not_keep_the_lease(
    engine: GatewaySimulator, senders: list[Account], start: Start, monkeypatch: Any
) -> None:
    """An open attempt is ended by its old worker just when the new lane asks to repeat it."""
    run = start(accounts=senders[:1])
    worker = a_worker()
    grant = taken(senders[0], worker)
    ledger = Ledger(worker_id=worker.pk, linger=0.0)
    ledger.start()
    delivery = run.deliveries.order_by("pk")[0]
    assert ledger.submit(Mark(delivery.pk, senders[0].pk, grant.token, 7, None)).wait()
    end_worker(worker_id=worker.pk, reason="test")
    real = unsettled_attempts

    def read_and_then_too_late(*, account_id: int) -> list[Any]:
        left = real(account_id=account_id)
        ledger.settle(settlement(delivery, to="sent", res="0"))
        ledger.wait_for_all()
        return left

    monkeypatch.setattr(sender_module, "unsettled_attempts", read_and_then_too_late)
    with LocalWorker() as looking:
        wait_until(lambda: is_finished(run), what="the end of the run")
    ledger.close()
    assert looking.deaths == []
    assert states_of(run) == {"sent": FRIENDS}
    assert check_figures(run=run) == []
    assert engine.control.figures().arrived == FRIENDS - 1  # the first one is made up


@pytest.mark.slow
def test_a_worker_that_was_presumed_dead_starts_over(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    Account.objects.update(min_interval=0.1)
    run = start(accounts=senders)
    with LocalWorker() as worker:
        wait_until(lambda: engine.control.figures().arrived > 3, what="the first messages")
        ended = worker.runtime.context.worker.pk
        end_worker(worker_id=ended, reason="presumed dead by a test")
        wait_until(lambda: worker.runtime.context.worker.pk != ended, what="the new start")
        wait_until(lambda: is_finished(run), what="the end of the run")
    assert worker.deaths == []
    assert_exact(run, engine)
    counted = Counter(Attempt.objects.values_list("account_id", "seq"))
    assert max(counted.values()) == 1
    assert not Lease.objects.held().exists()

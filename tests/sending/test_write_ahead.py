"""Write ahead: an attempt is durable before its request leaves, whatever process dies."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from accounts.models import Account, Worker
from qqhttp.simulator import GatewaySimulator
from sending.models import Attempt
from tests.sending.conftest import FRIENDS, Start, assert_exact, is_finished
from tests.sending.working import LocalWorker, wait_until

pytestmark = pytest.mark.both_databases


@pytest.mark.slow
def test_no_request_arrives_whose_attempt_is_not_durable(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    run = start(accounts=senders)
    with LocalWorker() as worker:
        # A slow ledger: a request that did not wait for it would be far ahead.
        worker.runtime.context.ledger._linger = 0.15
        looked_at: set[tuple[int, int]] = set()
        too_early = []
        while not is_finished(run):
            for message in engine.control.messages():
                key = (message.uin, int(message.seq))
                if key not in looked_at:
                    looked_at.add(key)
                    if not Attempt.objects.filter(account__uin=key[0], seq=key[1]).exists():
                        too_early.append(key)
    assert too_early == []
    assert len(looked_at) == len(senders) * FRIENDS
    assert_exact(run, engine)


@pytest.mark.slow
def test_while_the_database_takes_no_mark_nothing_is_sent(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    """Another transaction holds the worker's row: the ledger waits, and so do the lanes."""
    Account.objects.update(min_interval=0.05)
    run = start(accounts=senders)
    with LocalWorker() as worker:
        wait_until(lambda: engine.control.figures().arrived > 4, what="the first messages")
        is_held, may_go = threading.Event(), threading.Event()
        holder = threading.Thread(
            target=_hold, args=(worker.runtime.context.worker.pk, is_held, may_go)
        )
        holder.start()
        is_held.wait(10)
        # What was granted before may still leave: one message of each account.
        most = engine.control.figures().arrived + len(senders)
        commits = worker.runtime.context.ledger.commits
        may_go.wait(1.0)  # twenty gaps
        assert engine.control.figures().arrived <= most
        assert worker.runtime.context.ledger.commits <= commits + 1
        may_go.set()
        holder.join()
        wait_until(lambda: is_finished(run), what="the end of the run")
    assert_exact(run, engine)


def _hold(worker_id: int, is_held: threading.Event, may_go: threading.Event) -> None:
    try:
        with transaction.atomic():
            Worker.objects.filter(pk=worker_id).update(version="held")
            is_held.set()
            may_go.wait(20)
    finally:
        connection.close()

"""A worker that was presumed dead, or a lane with an old token, can mark nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.leases.take_leases import take_lease
from accounts.leases.workers import end_worker, presume_dead
from accounts.models import Account, Worker
from sending.lanes import permit as permit_module
from sending.lanes.permit import SendPermit
from sending.ledger.entries import Decision, Mark, Replay
from sending.ledger.ledger import Ledger
from sending.ledger.sql_postgresql import PostgresqlLedger
from sending.models import Attempt, Delivery
from sending.runs.figures import check_figures
from tests.sending.conftest import FRIENDS, Start, states_of
from tests.sending.fenced_workers import a_worker, settlement, taken
from tests.sending.working import wait_until

pytestmark = pytest.mark.both_databases


@pytest.fixture
def ledgers() -> Any:
    """A function that starts a worker's ledger; all are closed at the end."""
    started: list[Ledger] = []

    def start(worker: Worker) -> Ledger:
        started.append(Ledger(worker_id=worker.pk, linger=0.0))
        started[-1].start()
        return started[-1]

    yield start
    for ledger in started:
        ledger.close()


def test_an_ended_worker_marks_nothing_and_repeats_nothing(
    senders: list[Account], start: Start, ledgers: Callable[[Worker], Ledger]
) -> None:
    run = start(accounts=senders[:1])
    first, second = run.deliveries.order_by("pk")[:2]
    worker = a_worker()
    grant = taken(senders[0], worker)
    ledger = ledgers(worker)
    assert ledger.submit(Mark(first.pk, senders[0].pk, grant.token, 7, None)).wait()
    end_worker(worker_id=worker.pk, reason="test")
    assert not ledger.submit(Mark(second.pk, senders[0].pk, grant.token, 8, None)).wait()
    assert ledger.is_fenced_off
    assert not ledger.submit(Replay(senders[0].pk, grant.token, 7)).wait()
    assert states_of(run) == {"sending": 1, "pending": FRIENDS - 1}


def test_an_old_token_marks_nothing(
    senders: list[Account], start: Start, ledgers: Callable[[Worker], Ledger]
) -> None:
    run = start(accounts=senders[:1])
    worker = a_worker()
    grant = taken(senders[0], worker)
    ledger = ledgers(worker)
    delivery = run.deliveries.order_by("pk")[0]
    assert not ledger.submit(Mark(delivery.pk, senders[0].pk, grant.token - 1, 7, None)).wait()
    assert not ledger.is_fenced_off


def test_a_late_result_of_an_ended_worker_undoes_nothing(
    senders: list[Account], start: Start, ledgers: Callable[[Worker], Ledger]
) -> None:
    """It got RES=3 and stood still; its successor repeated the request, and the repeat arrived."""
    run = start(accounts=senders[:1])
    delivery = run.deliveries.order_by("pk")[0]
    old = a_worker()
    grant = taken(senders[0], old)
    before = ledgers(old)
    assert before.submit(Mark(delivery.pk, senders[0].pk, grant.token, 7, None)).wait()
    end_worker(worker_id=old.pk, reason="test")
    new = a_worker()
    grant = taken(senders[0], new)
    after = ledgers(new)
    assert after.submit(Replay(senders[0].pk, grant.token, 7)).wait()
    before.settle(settlement(delivery, to="pending", res="3"))
    before.wait_for_all()
    assert states_of(run) == {"sending": 1, "pending": FRIENDS - 1}
    after.settle(settlement(delivery, to="sent", res="0"))
    after.wait_for_all()
    assert states_of(run) == {"sent": 1, "pending": FRIENDS - 1}
    assert check_figures(run=run) == []


def test_an_accepted_message_counts_even_if_its_worker_has_ended(
    senders: list[Account], start: Start, ledgers: Callable[[Worker], Ledger]
) -> None:
    run = start(accounts=senders[:1])
    delivery = run.deliveries.order_by("pk")[0]
    worker = a_worker()
    ledger = ledgers(worker)
    grant = taken(senders[0], worker)
    assert ledger.submit(Mark(delivery.pk, senders[0].pk, grant.token, 7, None)).wait()
    end_worker(worker_id=worker.pk, reason="test")
    ledger.settle(settlement(delivery, to="sent", res="0"))
    ledger.wait_for_all()
    assert states_of(run) == {"sent": 1, "pending": FRIENDS - 1}


def test_a_closed_ledger_refuses_at_once(
    senders: list[Account], start: Start, ledgers: Callable[[Worker], Ledger]
) -> None:
    run = start(accounts=senders[:1])
    worker = a_worker()
    grant = taken(senders[0], worker)
    ledger = Ledger(worker_id=worker.pk)
    ledger.start()
    ledger.close()
    refused = []

    def ask() -> None:
        delivery_id = run.deliveries.values_list("pk", flat=True)[0]
        refused.append(
            bool(ledger.submit(Mark(delivery_id, senders[0].pk, grant.token, 7, None)).wait())
        )
        ledger.wait_for_all()
        connection.close()

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(5)
    assert refused == [False]
    assert not asking.is_alive()


def test_a_mark_and_a_presumption_of_death_come_one_after_the_other(
    senders: list[Account], start: Start
) -> None:
    """PostgreSQL: while a mark's transaction is open, its worker cannot be presumed dead."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer: they cannot meet")
    run = start(accounts=senders[:1])
    delivery = run.deliveries.order_by("pk")[0]
    worker = a_worker()
    grant = taken(senders[0], worker)
    Worker.objects.filter(pk=worker.pk).update(heartbeat_at=timezone.now() - timedelta(hours=1))
    sql = PostgresqlLedger()
    ended: list[int] = []
    marked: list[bool] = []

    def end() -> None:
        ended.append(presume_dead())
        connection.close()

    with transaction.atomic():
        assert sql.living(worker_id=worker.pk, at=timezone.now())()
        # It does not wait: a transaction left by a dead host must not block all accounts.
        ending = threading.Thread(target=end)
        ending.start()
        ending.join(10)
        assert ended == [0]
        row = (delivery.pk, senders[0].pk, grant.token, 7, None)
        assert sql.mark(worker_id=worker.pk, rows=[row], at=timezone.now())()
    Worker.objects.filter(pk=worker.pk).update(heartbeat_at=timezone.now() - timedelta(hours=1))
    marking = threading.Thread(target=lambda: marked.append(_try(sql, worker)))
    with transaction.atomic():
        assert presume_dead() == 1
        marking.start()
        wait_until(_is_waiting_for_a_lock, what="the mark to wait")
        assert marked == []
    marking.join(10)
    assert marked == [False]
    assert take_lease(account_id=senders[0].pk, worker_id=a_worker().pk, egress_id=worker.egress_id)


def _try(sql: PostgresqlLedger, worker: Worker) -> bool:
    try:
        with transaction.atomic():
            return bool(sql.living(worker_id=worker.pk, at=timezone.now())())
    finally:
        connection.close()


def _is_waiting_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
            "AND datname = current_database()"
        )
        return bool(cursor.fetchone()[0])


def test_of_two_lanes_in_one_batch_only_the_newer_is_granted(
    senders: list[Account], start: Start
) -> None:
    """An earlier lane asks for the same delivery, and the same repeat, at the same moment."""
    run = start(accounts=senders[:1])
    delivery = run.deliveries.order_by("pk")[0]
    worker = a_worker()
    grant = taken(senders[0], worker)
    for stale_first in (True, False):
        ledger = Ledger(worker_id=worker.pk, linger=0.05)
        seqs = {grant.token: 10 + stale_first, grant.token - 1: 20 + stale_first}
        tokens = sorted(seqs, reverse=not stale_first)
        ledger.start()
        tickets = {
            t: ledger.submit(Mark(delivery.pk, senders[0].pk, t, seqs[t], None)) for t in tokens
        }
        answers = {token: bool(ticket.wait()) for token, ticket in tickets.items()}
        assert answers == {grant.token: True, grant.token - 1: False}
        delivery.refresh_from_db()
        assert delivery.seq == seqs[grant.token]
        assert list(delivery.attempts.values_list("seq", flat=True)) == [delivery.seq]
        tickets = {t: ledger.submit(Replay(senders[0].pk, t, delivery.seq)) for t in tokens}
        answers = {token: bool(ticket.wait()) for token, ticket in tickets.items()}
        assert answers == {grant.token: True, grant.token - 1: False}
        ledger.close()
        Delivery.objects.update(state="pending")
        Attempt.objects.all().delete()


def test_an_old_proof_is_renewed_before_the_request(
    senders: list[Account], start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that stood still between its mark and its request asks again, and is refused."""
    monkeypatch.setattr(permit_module, "FRESH_SECONDS", 0.2)
    run = start(accounts=senders[:1])
    delivery = run.deliveries.order_by("pk")[0]
    worker = a_worker()
    grant = taken(senders[0], worker)
    ledger = Ledger(worker_id=worker.pk, linger=0.0)
    ledger.start()
    permit = SendPermit(ledger=ledger, grant=grant, account_id=senders[0].pk)
    assert permit.mark(delivery_id=delivery.pk, seq=7, text=None, is_urgent=True)
    assert permit.prove_fresh(7) == Decision.GRANTED
    end_worker(worker_id=worker.pk, reason="test")
    time.sleep(0.3)
    assert permit.prove_fresh(7) != Decision.GRANTED
    ledger.close()


def test_an_ended_worker_takes_no_lease(senders: list[Account]) -> None:
    worker = a_worker()
    end_worker(worker_id=worker.pk, reason="test")
    given = {"account_id": senders[0].pk, "egress_id": worker.egress_id}
    assert take_lease(worker_id=worker.pk, **given) is None

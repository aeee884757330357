"""A worker that was presumed dead can mark nothing, and no lease stays held without a lane."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from accounts.leases.leases import Grant, take_lease
from accounts.leases.workers import end_worker, presume_dead, register_worker
from accounts.models import Account, Lease, Worker
from campaigns.models import CampaignRun
from qqhttp.simulator import GatewaySimulator
from sending.lanes import permit as permit_module
from sending.lanes import sender as sender_module
from sending.lanes.permit import SendPermit
from sending.lanes.unsettled import unsettled_attempts
from sending.ledger.entries import Decision, Mark, Replay, Settlement
from sending.ledger.ledger import Ledger
from sending.ledger.sql_postgresql import PostgresqlLedger
from sending.models import Attempt, Delivery
from sending.runs.figures import check_figures
from sending.worker import open_lane as lanes_module
from sending.worker import runtime as runtime_module
from tests.sending.conftest import FRIENDS, assert_exact, is_finished, states_of
from tests.sending.working import LocalWorker, wait_until

Start = Callable[..., CampaignRun]


def a_worker() -> Worker:
    return register_worker(egress_name="default", source_address=None, proxy=None, version="test")


def taken(account: Account, worker: Worker) -> Grant:
    grant = take_lease(account_id=account.pk, worker_id=worker.pk, egress_id=worker.egress_id)
    assert grant is not None
    return grant


def settlement(delivery: Delivery, *, to: str, res: str, seq: int = 7) -> Settlement:
    assert delivery.account_id is not None
    return Settlement(
        delivery.pk,
        delivery.account_id,
        seq,
        to,
        "",
        res,
        timezone.now(),
        timezone.now(),
        None,
        is_ended=True,
    )


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
        assert sql.is_living(worker_id=worker.pk, at=timezone.now())
        # It does not wait: a transaction left by a dead host must not block all accounts.
        ending = threading.Thread(target=end)
        ending.start()
        ending.join(10)
        assert ended == [0]
        row = (delivery.pk, senders[0].pk, grant.token, 7, None)
        assert sql.mark(worker_id=worker.pk, rows=[row], at=timezone.now())
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
            return sql.is_living(worker_id=worker.pk, at=timezone.now())
    finally:
        connection.close()


def _is_waiting_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
            "AND datname = current_database()"
        )
        return bool(cursor.fetchone()[0])


@pytest.mark.slow
def test_a_lease_whose_taking_was_cut_off_is_not_held_for_ever(
    engine: GatewaySimulator, senders: list[Account], start: Start, monkeypatch: Any
) -> None:
    """The database died after the commit and before its answer: the worker has an unknown lease."""
    real = take_lease
    cut: list[int] = []

    def take_lease_and_lose_the_answer(**given: Any) -> Grant | None:
        grant = real(**given)
        if not cut:
            cut.append(given["account_id"])
            raise OperationalError("server closed the connection unexpectedly")
        return grant

    monkeypatch.setattr(lanes_module, "take_lease", take_lease_and_lose_the_answer)
    monkeypatch.setattr(runtime_module, "FORGOTTEN_SECONDS", 0.5)
    run = start(accounts=senders[:2])
    with LocalWorker() as worker:
        wait_until(lambda: is_finished(run), what="the end of the run")
    assert [type(death) for death in worker.deaths] == [OperationalError]
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

"""Leases: one holder at a time, rising tokens, and SEQs that are never reused."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.leases.leases import (
    Grant,
    free_forgotten_leases,
    hand_back_after_turns,
    reserve_seqs,
    take_leases_for_turns,
)
from accounts.leases.return_leases import Return, return_lease
from accounts.leases.take_leases import take_lease
from accounts.leases.workers import end_worker
from accounts.models import Account, Egress, Lease, Worker
from accounts.states import AccountState
from clocks import shared
from tests.campaigns.factories import make_account

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def account() -> Account:
    return make_account(20_001)


@pytest.fixture
def egress() -> Egress:
    return Egress.objects.create(name="default")


def a_worker(egress: Egress, pid: int = 1) -> Worker:
    now = timezone.now()
    return Worker.objects.create(
        egress=egress, hostname="h", pid=pid, version="1", started_at=now, heartbeat_at=now
    )


def take(account: Account, worker: Worker) -> Grant | None:
    return take_lease(account_id=account.pk, worker_id=worker.pk, egress_id=worker.egress_id)


def test_a_lease_is_taken_once_and_again_after_it_is_returned(
    account: Account, egress: Egress
) -> None:
    worker = a_worker(egress)
    first = take(account, worker)
    assert first is not None
    assert (first.token, first.has_lost_reservation) == (1, False)
    assert take(account, worker) is None
    assert take(account, a_worker(egress, 2)) is None
    at = timezone.now()
    return_lease(
        Return(first, last_reply_at=at, learnt_interval=2.5, bad_results=3, sessions_lost=4)
    )
    second = take(account, worker)
    assert second is not None
    assert (second.token, second.has_lost_reservation, second.last_reply_at) == (2, False, at)
    assert (second.learnt_interval, second.bad_results, second.sessions_lost) == (2.5, 3, 4)


def test_the_lease_of_an_ended_worker_is_free_and_it_cannot_return_it(
    account: Account, egress: Egress
) -> None:
    old, new = a_worker(egress, 1), a_worker(egress, 2)
    first = take(account, old)
    end_worker(worker_id=old.pk, reason="test")
    second = take(account, new)
    assert first is not None
    assert second is not None
    assert (second.token, second.has_lost_reservation) == (first.token + 1, True)
    return_lease(Return(first, last_reply_at=None, learnt_interval=None))
    assert Lease.objects.get(account=account).worker == new


@pytest.mark.parametrize("state", [AccountState.QUARANTINED, AccountState.DISABLED])
def test_a_stopped_account_gives_no_lease(account: Account, egress: Egress, state: str) -> None:
    Account.objects.update(state=state)
    assert take(account, a_worker(egress)) is None


def test_an_account_bound_elsewhere_is_not_taken(account: Account, egress: Egress) -> None:
    Lease.objects.update(egress=Egress.objects.create(name="elsewhere"))
    assert take(account, a_worker(egress)) is None


@pytest.mark.django_db(transaction=True)
def test_only_one_of_many_workers_gets_the_lease(account: Account, egress: Egress) -> None:
    workers = [a_worker(egress, pid) for pid in range(6)]
    barrier = threading.Barrier(len(workers))
    grants: list[Grant | None] = []

    def one(worker: Worker) -> None:
        barrier.wait(10)
        grants.append(take(account, worker))
        connection.close()

    takers = [threading.Thread(target=one, args=(worker,)) for worker in workers]
    for taker in takers:
        taker.start()
    for taker in takers:
        taker.join(20)
    assert len(grants) == len(workers)
    assert len([grant for grant in grants if grant is not None]) == 1
    assert Lease.objects.get(account=account).token == 1


def test_seqs_only_rise_and_are_never_below_the_unix_time(account: Account, egress: Egress) -> None:
    grant = take(account, a_worker(egress))
    assert grant is not None
    before = int(time.time())
    first = reserve_seqs(grant=grant, count=10)
    second = reserve_seqs(grant=grant, count=1)
    assert first is not None
    assert first > before
    assert second == first + 10
    Lease.objects.update(last_seq=5)  # a database restored from an old backup
    third = reserve_seqs(grant=grant, count=1)
    assert third is not None
    assert third >= before
    Lease.objects.update(token=99)
    assert reserve_seqs(grant=grant, count=1) is None


def test_a_lease_without_a_lane_is_returned(account: Account, egress: Egress) -> None:
    worker = a_worker(egress)
    assert take(account, worker) is not None
    given: dict[str, Any] = {"worker_id": worker.pk, "seconds": 10.0}
    assert free_forgotten_leases(active=[], **given) == 0  # a lane may be about to start
    Lease.objects.update(taken_at=timezone.now() - timedelta(seconds=11))
    assert free_forgotten_leases(active=[account.pk], **given) == 0
    assert free_forgotten_leases(active=[], **given) == 1
    again = take(account, worker)
    assert again is not None
    assert again.last_reply_at is not None  # the latest possible time of a reply
    assert again.has_lost_reservation


def test_what_a_dead_lane_left_unknown_is_passed_on(account: Account, egress: Egress) -> None:
    first = a_worker(egress)
    assert take(account, first) is not None
    end_worker(worker_id=first.pk, reason="gone")
    taken_at = shared.now()
    second = take(account, a_worker(egress, 2))
    assert second is not None
    assert second.has_lost_reservation
    assert second.last_reply_at is not None
    assert second.last_reply_at >= taken_at
    # It ends before any reply of its own.
    return_lease(Return(second, last_reply_at=second.last_reply_at, learnt_interval=None))
    third = take(account, a_worker(egress, 3))
    assert third is not None
    assert (third.has_lost_reservation, third.last_reply_at) == (False, second.last_reply_at)


def test_so_is_it_by_a_poll_without_an_answer(account: Account, egress: Egress) -> None:
    first = a_worker(egress)
    assert take(account, first) is not None
    end_worker(worker_id=first.pk, reason="gone")
    taken_at = shared.now()
    second = a_worker(egress, 2)
    [(account_id, token, _seq)] = take_leases_for_turns(
        account_ids=[account.pk], worker_id=second.pk, egress_id=egress.pk
    )
    hand_back_after_turns(tokens=[(account_id, token)], last_reply_at=None)
    third = take(account, second)
    assert third is not None
    assert third.last_reply_at is not None
    assert third.last_reply_at >= taken_at
    assert third.has_lost_reservation  # the poll sends nothing, so it counts nothing

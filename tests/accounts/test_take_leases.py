"""Leases of many accounts: each is taken as one alone would be, by one worker only."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.leases.leases import SEQS_WITH_LEASE, Grant
from accounts.leases.return_leases import Return, return_lease
from accounts.leases.take_leases import Taken, take_lease, take_leases
from accounts.leases.workers import end_worker
from accounts.models import Account, AccountTask, AccountTaskKind, Egress, Lease, Worker
from accounts.states import AccountState
from clocks import shared
from tests.accounts.locked_lease import locked_lease
from tests.campaigns.factories import make_account

ACCOUNTS = 12


def a_worker(egress: Egress, pid: int = 1) -> Worker:
    now = timezone.now()
    return Worker.objects.create(
        egress=egress, hostname="h", pid=pid, version="1", started_at=now, heartbeat_at=now
    )


@pytest.fixture
def accounts(db: None) -> list[Account]:
    return [make_account(20_001 + n) for n in range(ACCOUNTS)]


@pytest.fixture
def egress(db: None) -> Egress:
    return Egress.objects.create(name="default")


def take(accounts: list[Account], worker: Worker) -> Taken:
    return take_leases(
        account_ids=[account.pk for account in accounts],
        worker_id=worker.pk,
        egress_id=worker.egress_id,
    )


def by_hand(grant: Grant) -> dict[str, Any]:
    """What does not depend on when it was taken."""
    return {
        name: getattr(grant, name)
        for name in ("token", "has_account_tasks", "has_lost_reservation", "resting_until",
                     "learnt_interval", "bad_results", "sessions_lost", "login_not_before")
    }  # fmt: skip


def test_many_leases_are_taken_in_a_few_statements(accounts: list[Account], egress: Egress) -> None:
    worker = a_worker(egress)
    shared.now()  # may ask the database for the time
    with CaptureQueriesContext(connection) as few:
        take(accounts[:1], worker)
    with CaptureQueriesContext(connection) as many:
        taken = take(accounts[1:], worker)
    assert len(taken.grants) == ACCOUNTS - 1
    assert len(many) == len(few)
    assert Lease.objects.filter(worker=worker).count() == ACCOUNTS


def test_each_grant_says_what_it_would_say_alone(accounts: list[Account], egress: Egress) -> None:
    """The same leases, taken together and one by one: the grants are equal."""
    dead, worker = a_worker(egress, 1), a_worker(egress, 2)
    now = shared.now()
    first, second, third, fourth, *_others = accounts
    take([first], dead)
    end_worker(worker_id=dead.pk, reason="test")
    Lease.objects.filter(account=second).update(
        learnt_interval=2.5, bad_results=3, sessions_lost=2, last_reply_at=now,
        resting_until=now + timedelta(hours=1), login_not_before=now + timedelta(minutes=1),
        last_seq=2**40,
    )  # fmt: skip
    AccountTask.objects.create(account=third, kind=AccountTaskKind.SYNC)
    Lease.objects.filter(account=fourth).update(has_lost_reservation=True)
    before = list(Lease.objects.order_by("pk").values())
    together = take(accounts, worker).grants
    stored = {lease.account_id: lease for lease in Lease.objects.all()}
    for row in before:
        Lease.objects.filter(pk=row["account_id"]).update(**row)
    for account in accounts:
        alone = take_lease(account_id=account.pk, worker_id=worker.pk, egress_id=egress.pk)
        assert alone is not None
        assert by_hand(together[account.pk]) == by_hand(alone)
        grant, lease = together[account.pk], stored[account.pk]
        assert lease.last_seq == grant.first_seq + SEQS_WITH_LEASE - 1
        assert (lease.token, lease.worker_id) == (grant.token, worker.pk)
        assert (lease.last_reply_at is None) == (grant.last_reply_at is None)
        assert not lease.has_lost_reservation
    assert together[second.pk].first_seq == 2**40 + 1
    assert together[first.pk].has_lost_reservation
    assert together[first.pk].last_reply_at is not None


def test_leases_that_are_not_free_are_left_out(accounts: list[Account], egress: Egress) -> None:
    worker, other = a_worker(egress, 1), a_worker(egress, 2)
    elsewhere = Egress.objects.create(name="elsewhere")
    take(accounts[:2], other)
    Account.objects.filter(pk=accounts[2].pk).update(state=AccountState.QUARANTINED)
    Lease.objects.filter(account=accounts[3]).update(egress=elsewhere)
    taken = take(accounts, worker)
    assert set(taken.grants) == {account.pk for account in accounts[4:]}
    assert not taken.locked
    assert Lease.objects.filter(worker=other).count() == 2


def test_a_worker_that_was_presumed_dead_takes_none(
    accounts: list[Account], egress: Egress
) -> None:
    worker = a_worker(egress)
    end_worker(worker_id=worker.pk, reason="test")
    assert take(accounts, worker) == Taken({}, frozenset())


def test_seqs_of_a_lease_that_was_handed_back_are_not_used_again(
    accounts: list[Account], egress: Egress
) -> None:
    worker = a_worker(egress)
    seen: set[tuple[int, int]] = set()
    for _turn in range(3):
        for account_id, grant in take(accounts, worker).grants.items():
            seqs = {(account_id, grant.first_seq + n) for n in range(SEQS_WITH_LEASE)}
            assert not seqs & seen
            seen |= seqs
            return_lease(Return(grant, last_reply_at=None, learnt_interval=None))
    assert len(seen) == 3 * ACCOUNTS * SEQS_WITH_LEASE


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_take_the_same_leases_at_once_share_them(
    accounts: list[Account], egress: Egress
) -> None:
    """Each lease has one holder, whose token is the lease's."""
    workers = [a_worker(egress, 1), a_worker(egress, 2)]
    for _round in range(5):
        begin, taken = threading.Barrier(2), [Taken({}, frozenset())] * 2

        def race(which: int, begin: threading.Barrier, taken: list[Taken]) -> None:
            try:
                begin.wait(10)
                order = accounts if which else accounts[::-1]
                taken[which] = take(order, workers[which])
            finally:
                connection.close()

        racers = [threading.Thread(target=race, args=(n, begin, taken)) for n in (0, 1)]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join(20)
        holders = dict(Lease.objects.values_list("account_id", "worker_id"))
        tokens = dict(Lease.objects.values_list("account_id", "token"))
        assert not taken[0].grants.keys() & taken[1].grants.keys()
        for worker, mine in zip(workers, taken, strict=True):
            for account_id, grant in mine.grants.items():
                assert (holders[account_id], tokens[account_id]) == (worker.pk, grant.token)
                return_lease(Return(grant, last_reply_at=None, learnt_interval=None))
        # What neither got was locked by the other at that moment, and is named.
        left = set(holders) - taken[0].grants.keys() - taken[1].grants.keys()
        assert left <= taken[0].locked | taken[1].locked


@pytest.mark.django_db(transaction=True)
def test_a_lease_that_is_locked_holds_up_no_other(accounts: list[Account], egress: Egress) -> None:
    if not connection.features.has_select_for_update_skip_locked:
        pytest.skip("SQLite locks no rows")
    worker = a_worker(egress)
    with locked_lease(accounts[0]) as locker:
        taken = take(accounts, worker)
        assert locker.is_alive()
    assert set(taken.grants) == {account.pk for account in accounts[1:]}
    assert taken.locked == {accounts[0].pk}
    assert take(accounts[:1], worker).grants

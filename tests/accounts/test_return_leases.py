"""Leases that are handed back together: each as one alone would be."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.gateway.sessions import AcceptedLogin, open_sessions
from accounts.leases.leases import Grant
from accounts.leases.return_leases import Return, return_lease, return_leases
from accounts.leases.take_leases import take_leases
from accounts.models import Account, Egress, Lease, Session, Worker
from clocks import shared
from tests.accounts.locked_lease import locked_lease
from tests.campaigns.factories import make_account

pytestmark = pytest.mark.both_databases

ACCOUNTS = 8


@pytest.fixture
def accounts(db: None) -> list[Account]:
    return [make_account(20_001 + n) for n in range(ACCOUNTS)]


def all_taken(accounts: list[Account]) -> dict[int, Grant]:
    egress, now = Egress.objects.get_or_create(name="default")[0], timezone.now()
    worker, _is_new = Worker.objects.get_or_create(
        egress=egress,
        hostname="h",
        pid=1,
        defaults={"version": "1", "started_at": now, "heartbeat_at": now},
    )
    ids = [account.pk for account in accounts]
    return take_leases(account_ids=ids, worker_id=worker.pk, egress_id=egress.pk).grants


def returns_of(grants: dict[int, Grant], *, sessions: dict[int, int] | None = None) -> list[Return]:
    """Return what the lanes hand back: the n-th one n bad results and a gap of n seconds."""
    at = shared.now() - timedelta(seconds=60)
    return [
        Return(
            grant,
            last_reply_at=at + timedelta(seconds=n) if n else None,
            learnt_interval=float(n) if n else None,
            bad_results=n,
            sessions_lost=n + 1,
            session_used=(sessions[account_id], at) if sessions else None,
        )
        for n, (account_id, grant) in enumerate(grants.items())
    ]


def test_each_is_handed_back_with_what_its_next_lane_needs(accounts: list[Account]) -> None:
    grants = all_taken(accounts)
    egress = Egress.objects.get()
    sessions = {
        session.account_id: session.pk
        for session in open_sessions([AcceptedLogin(one, egress.pk, 60, 300) for one in grants])
    }
    returns = returns_of(grants, sessions=sessions)
    ended = returns[3].session_used
    assert ended is not None
    Session.objects.filter(pk=ended[0]).update(ended_at=timezone.now())
    before = Session.objects.get(pk=ended[0]).last_used_at
    with CaptureQueriesContext(connection) as asked:
        assert return_leases(returns) == frozenset()
    assert len(asked) <= 6, [query["sql"][:90] for query in asked]
    again = all_taken(accounts)
    for one in returns:
        grant = again[one.grant.account_id]
        assert grant.token == one.grant.token + 1
        assert (grant.last_reply_at, grant.learnt_interval, grant.bad_results) == (
            one.last_reply_at, one.learnt_interval, one.bad_results,
        )  # fmt: skip
        assert (grant.sessions_lost, grant.has_lost_reservation) == (one.sessions_lost, False)
        assert one.session_used is not None
        used_at = Session.objects.get(pk=one.session_used[0]).last_used_at
        assert used_at == (before if one is returns[3] else one.session_used[1])


def test_a_lost_lease_is_left_alone(accounts: list[Account]) -> None:
    """A worker that was presumed dead hands back late: another lane holds the lease by now."""
    returns = returns_of(all_taken(accounts))
    Lease.objects.filter(account=accounts[2]).update(token=99)
    return_leases(returns)
    assert list(Lease.objects.held().values_list("account_id", "token")) == [(accounts[2].pk, 99)]
    return_lease(returns[2])
    assert Lease.objects.held().count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_lease_that_is_locked_holds_up_no_other(accounts: list[Account]) -> None:
    if not connection.features.has_select_for_update_skip_locked:
        pytest.skip("SQLite locks no rows")
    returns = returns_of(all_taken(accounts))
    with locked_lease(accounts[0]) as locker:
        assert return_leases(returns) == {accounts[0].pk}
        assert locker.is_alive()
    assert Lease.objects.held().get().pk == accounts[0].pk
    return_lease(next(one for one in returns if one.grant.account_id == accounts[0].pk))
    assert not Lease.objects.held().exists()

"""Hand back the leases of lanes that end: of many in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.leases.leases import Grant
from accounts.models import Lease, Session


@dataclass(frozen=True, slots=True)
class Return:
    """A lease that is handed back, with what the next lane needs to know.

    Attributes:
        grant: the lease.
        last_reply_at, learnt_interval, bad_results, sessions_lost: see `Grant`.
        session_used: the session and when it was last used, if it is to be stored.
    """

    grant: Grant
    last_reply_at: datetime | None
    learnt_interval: float | None
    bad_results: int = 0
    sessions_lost: int = 0
    session_used: tuple[int, datetime] | None = None

    @property
    def row(self) -> tuple[datetime | None, float | None, int, int, int, int]:
        """The lease as `Lease.objects.hand_back` takes it."""
        return (
            self.last_reply_at,
            self.learnt_interval,
            self.bad_results,
            self.sessions_lost,
            self.grant.account_id,
            self.grant.token,
        )


def return_lease(one: Return) -> None:
    """Hand one lease back. Does nothing to a lost lease."""
    with transaction.atomic():
        if one.session_used is not None:
            Session.objects.touch([one.session_used])
        Lease.objects.hand_back([one.row])


def return_leases(returns: Sequence[Return]) -> frozenset[int]:
    """Hand leases back, as `return_lease` does for one.

    It waits for no lock: one account whose row is locked must not hold up the others.

    Returns:
        the accounts whose rows are locked at this moment: `return_lease` can wait for them.
    """
    with transaction.atomic():
        used = dict(one.session_used for one in returns if one.session_used is not None)
        sessions = Session.objects.select_for_update(skip_locked=True).filter(pk__in=list(used))
        # A session that is locked just now is left out: at worst the next lane logs in again.
        unlocked = sorted(sessions.values_list("pk", flat=True))
        Session.objects.touch([(session_id, used[session_id]) for session_id in unlocked])
        free_to_write = _unlocked([one.grant.account_id for one in returns])
        Lease.objects.hand_back(
            [one.row for one in returns if one.grant.account_id in free_to_write]
        )
    return frozenset(one.grant.account_id for one in returns) - free_to_write


def _unlocked(account_ids: Collection[int]) -> frozenset[int]:
    """Lock the leases of these accounts that nobody has locked; return the accounts."""
    leases = Lease.objects.select_for_update(skip_locked=True).filter(pk__in=account_ids)
    return frozenset(leases.values_list("pk", flat=True))

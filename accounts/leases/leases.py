"""The lease of a lane: what it grants, and its SEQs.

Lanes take leases by `take_leases.py` and hand them back by `return_leases.py`. Turns of the inbox
take them by `take_leases_for_turns` here.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import (
    BigIntegerField,
    Case,
    F,
    Q,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Greatest

from accounts.models import Account, Lease, Worker
from clocks import shared
from holds.models import is_held

#: SEQs reserved with a lease. They are few because many lanes use hardly any, and SEQs handed out
#: faster than one per second would run ahead of the clock (see `reserve_seqs`).
SEQS_WITH_LEASE = 20


@dataclass(frozen=True, slots=True)
class Grant:
    """A lease that was taken, with what the last lane knew.

    Attributes:
        account: the account.
        token: the fencing token, one higher than the last lane's.
        first_seq: the first of SEQS_WITH_LEASE SEQs reserved for the lane.
        has_account_tasks: whether account tasks were due when the lease was taken.
        has_lost_reservation: whether a lane ended without handing back, and no lane ran since.
        last_reply_at: when the gateway last answered this account, if it did; shared time. If that
            is unknown it is the latest possible time, the moment at which the lease was taken. So
            a lane that hands back without a reply of its own passes on what it did not know.
        resting_until: no message may be sent before this; shared time.
        learnt_interval: the gap that the last lane learnt from RES=3, seconds.
        bad_results: messages that failed since the last accepted one.
        sessions_lost: sessions that ended at their first use since the last accepted message.
        login_not_before: no login before this; shared time.
        asked_at: the moment before the database was asked, on `clocks.local.elapsed`: all of this
            was so at that time or later.
    """

    account: Account
    token: int
    first_seq: int
    has_account_tasks: bool
    has_lost_reservation: bool
    last_reply_at: datetime | None
    resting_until: datetime | None
    learnt_interval: float | None
    bad_results: int = 0
    sessions_lost: int = 0
    login_not_before: datetime | None = None
    asked_at: float = float("-inf")

    @property
    def account_id(self) -> int:
        """The account's key."""
        return self.account.pk


def take_leases_for_turns(
    *, account_ids: Collection[int], worker_id: int, egress_id: int
) -> list[tuple[int, int, int]]:
    """Take the free leases among these accounts', each for one poll of an inbox.

    Returns:
        (account, token, SEQ) of each lease taken.
    """
    with transaction.atomic():
        # Rows locked by another transaction are skipped until the next round. Whether a lease is
        # free is checked after locking it: another worker may have taken it before.
        locked = Lease.objects.select_for_update(skip_locked=True).filter(pk__in=account_ids)
        free = Lease.objects.free().filter(pk__in=[lease.pk for lease in locked])
        ids = list(free.values_list("pk", flat=True))
        if not Worker.objects.living().filter(pk=worker_id).exists() or is_held():
            return []
        taken, now = Lease.objects.filter(pk__in=ids), shared.now()
        taken.update(
            worker_id=worker_id,
            egress_id=egress_id,
            token=F("token") + 1,
            taken_at=now,
            # Not handed back: see `Grant`.
            has_lost_reservation=Case(
                When(worker=None, then=F("has_lost_reservation")), default=Value(True)
            ),
            last_reply_at=Case(When(worker=None, then=F("last_reply_at")), default=Value(now)),
            last_seq=raised_seq(1, lowest=lowest_seq()),
        )
        return list(taken.values_list("pk", "token", "last_seq"))


def hand_back_after_turns(
    *, tokens: Collection[tuple[int, int]], last_reply_at: datetime | None
) -> None:
    """Hand back leases that were taken for turns, in one statement. Does nothing to lost leases.

    Args:
        tokens: (account, token) of each.
        last_reply_at: when the gateway answered; None to leave the leases' own time unchanged.
    """
    if not tokens:
        return
    held = Q()
    for account_id, token in tokens:
        held |= Q(pk=account_id, token=token)
    reply = {} if last_reply_at is None else {"last_reply_at": last_reply_at}
    Lease.objects.filter(held).update(worker=None, woken_at=None, **reply)


def is_still_held(*, grant: Grant) -> bool:
    """Return whether a lane still holds its lease and its worker has not been presumed dead."""
    return Lease.objects.held().filter(account_id=grant.account_id, token=grant.token).exists()


def free_forgotten_leases(*, worker_id: int, active: Collection[int], seconds: float) -> int:
    """Free the leases that a worker holds without knowing it; return how many.

    If the database dies between a commit and its answer, the worker does not know that it took a
    lease, and no other worker can take the lease of a living one.

    Args:
        worker_id: the worker.
        active: the accounts for which it has lanes or turns.
        seconds: leases taken within these last seconds are kept: their lane may be starting.
    """
    now = shared.now()
    held = Lease.objects.filter(worker_id=worker_id, taken_at__lt=now - timedelta(seconds=seconds))
    forgotten = set(held.values_list("account_id", flat=True)) - set(active)
    # The time of the last reply is unknown, so the latest possible time is stored.
    return held.filter(account_id__in=forgotten).update(
        worker=None, woken_at=None, last_reply_at=now, has_lost_reservation=True
    )


def reserve_seqs(*, grant: Grant, count: int) -> int | None:
    """Reserve `count` SEQs for the lane and return the first, or None if the lease is lost.

    The highest SEQ is stored before any of them is used, so that no SEQ is used for two messages
    even after a crash. SEQs that a lane leaves unused stay unused. They are never below the clock
    (seconds since 1970, which fits a signed 32-bit number until 2038), so that a database restored
    from an old backup does not reuse SEQs.
    """
    last = Lease.objects.reserve_seqs(
        account_id=grant.account_id, token=grant.token, lowest=lowest_seq(), count=count
    )
    return None if last is None else last - count + 1


def lowest_seq() -> int:
    """Return the lowest SEQ that may be used now: the clock, seconds since 1970."""
    return int(shared.wall().timestamp())


def raised_seq(count: int, *, lowest: int) -> Combinable:
    """Return `last_seq` raised by `count` and not below `lowest`, for an UPDATE of leases."""
    return Greatest(F("last_seq"), Value(lowest, output_field=BigIntegerField())) + count

"""Verbs for leases: take one for a lane, hand it back, reserve its SEQs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import BigIntegerField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Greatest

from accounts.models import Account, AccountTask, AccountTaskState, Lease, Worker
from accounts.states import WORKING_STATES
from clocks import shared

#: SEQs that come with a lease. Few: a lane that only polls or looks around uses hardly any, and
#: handed out faster than one a second they would leave the clock behind.
SEQS_WITH_LEASE = 20


@dataclass(frozen=True, slots=True)
class Grant:
    """A lease taken: what the lane may act on until it hands back.

    Attributes:
        account: the account to send for.
        token: the fencing token, one higher than the last lane's.
        first_seq: the first of SEQS_WITH_LEASE that are reserved for the lane.
        has_account_tasks: whether the account was asked to do something when the lease was taken.
        was_handed_back: whether the last lane ended in order; if not, its last reply is unknown.
        last_reply_at: when the gateway last answered this account, if the last lane said so.
        resting_until: no message before this time.
        learnt_interval: the gap the gateway taught the last lane, seconds.
        bad_results: messages that ended badly since the last one that was taken.
        sessions_lost: sessions that ended as soon as they were used, since then.
    """

    account: Account
    token: int
    first_seq: int
    has_account_tasks: bool
    was_handed_back: bool
    last_reply_at: datetime | None
    resting_until: datetime | None
    learnt_interval: float | None
    bad_results: int = 0
    sessions_lost: int = 0

    @property
    def account_id(self) -> int:
        """The account's key."""
        return self.account.pk


def take_lease(*, account_id: int, worker_id: int, egress_id: int) -> Grant | None:
    """Take the lease of an account for a worker, or return None when that is not to be.

    It is not to be when a living worker holds it, when this worker was presumed dead, when the
    account does nothing by its state, or when it is bound to another egress by now.

    Two statements, with all that a lane begins with: lanes are opened by the thousand, and what
    each asks for once was most of what a short one cost.
    """
    with transaction.atomic():
        # The row lock makes two takers queue; the loser then finds a living holder.
        lease = (
            Lease.objects.free()
            .filter(Q(egress=None) | Q(egress_id=egress_id), account_id=account_id)
            .filter(account__state__in=WORKING_STATES)
            .filter(Exists(Worker.objects.living().filter(pk=worker_id)))
            .annotate(has_account_tasks=Exists(_open_account_tasks()))
            .select_related("account")
            .select_for_update(of=("self",))
            .first()
        )
        if lease is None:
            return None
        floor = max(lease.last_seq, _lowest_seq())
        Lease.objects.filter(account_id=account_id).update(
            worker_id=worker_id,
            egress_id=egress_id,
            token=lease.token + 1,
            taken_at=shared.now(),
            last_seq=floor + SEQS_WITH_LEASE,
        )
    return Grant(
        account=lease.account,
        token=lease.token + 1,
        first_seq=floor + 1,
        has_account_tasks=lease.has_account_tasks,
        was_handed_back=lease.worker_id is None,
        last_reply_at=lease.last_reply_at,
        resting_until=lease.resting_until,
        learnt_interval=lease.learnt_interval,
        bad_results=lease.bad_results,
        sessions_lost=lease.sessions_lost,
    )


def _open_account_tasks() -> QuerySet[AccountTask]:
    return AccountTask.objects.filter(
        account_id=OuterRef("account_id"), state=AccountTaskState.OPEN
    )


def hand_back(
    *,
    grant: Grant,
    last_reply_at: datetime | None,
    learnt_interval: float | None,
    bad_results: int = 0,
    sessions_lost: int = 0,
) -> None:
    """Hand a lease back, with what the next lane needs to know. A lost lease is left alone."""
    Lease.objects.filter(account_id=grant.account_id, token=grant.token).update(
        worker=None,
        last_reply_at=last_reply_at,
        learnt_interval=learnt_interval,
        bad_results=bad_results,
        sessions_lost=sessions_lost,
        woken_at=None,
    )


def take_leases_for_turns(
    *, account_ids: Collection[int], worker_id: int, egress_id: int
) -> list[tuple[int, int, int]]:
    """Take those leases that are free, each for one request at an inbox.

    Returns:
        (account, token, SEQ) of each that was taken.
    """
    with transaction.atomic():
        # What somebody else holds just now is left for the next time. Looked at again once held:
        # another worker may have taken it since.
        locked = Lease.objects.select_for_update(skip_locked=True).filter(pk__in=account_ids)
        free = Lease.objects.free().filter(pk__in=[lease.pk for lease in locked])
        ids = list(free.values_list("pk", flat=True))
        if not Worker.objects.living().filter(pk=worker_id).exists():
            return []
        taken = Lease.objects.filter(pk__in=ids)
        taken.update(
            worker_id=worker_id,
            egress_id=egress_id,
            token=F("token") + 1,
            taken_at=shared.now(),
            last_seq=_raised_seq(1),
        )
        return list(taken.values_list("pk", "token", "last_seq"))


def hand_back_after_turns(
    *, tokens: Collection[tuple[int, int]], last_reply_at: datetime | None
) -> None:
    """Hand leases back that were taken for a turn, in one statement; lost ones are left alone.

    Args:
        tokens: (account, token) each.
        last_reply_at: when the gateway answered; None when nothing was asked.
    """
    if not tokens:
        return
    mine = Q()
    for account_id, token in tokens:
        mine |= Q(pk=account_id, token=token)
    said = {} if last_reply_at is None else {"last_reply_at": last_reply_at}
    Lease.objects.filter(mine).update(worker=None, woken_at=None, **said)


def is_still_held(*, grant: Grant) -> bool:
    """Return whether a lane's lease is its own still, and its worker thought to live."""
    return Lease.objects.held().filter(account_id=grant.account_id, token=grant.token).exists()


def free_forgotten_leases(*, worker_id: int, active: Collection[int], seconds: float) -> int:
    """Free the leases that a worker holds without knowing it; return how many.

    When the database dies between a commit and its answer, a lease is taken and nobody told; and
    a living worker's leases are nobody else's to take.

    Args:
        worker_id: the worker that asks.
        active: the accounts it has lanes for.
        seconds: how long ago a lease was taken at least: a lane may be about to start.
    """
    now = shared.now()
    held = Lease.objects.filter(worker_id=worker_id, taken_at__lt=now - timedelta(seconds=seconds))
    forgotten = set(held.values_list("account_id", flat=True)) - set(active)
    # When the gateway last answered is not known: as late as it can be.
    return held.filter(account_id__in=forgotten).update(
        worker=None, woken_at=None, last_reply_at=now
    )


def make_lease(*, account: Account) -> Lease:
    """Give a new account its lease row; an account that has one keeps it."""
    lease, _ = Lease.objects.get_or_create(account=account)
    return lease


def reserve_seqs(*, grant: Grant, count: int) -> int | None:
    """Reserve `count` SEQs for the lane and return the first, or None when the lease is lost.

    The highest is persisted before any of them is used, so that no SEQ is ever used for two
    messages, whatever dies; what a lane leaves unused is never used at all. They are never below
    the clock (seconds since 1970, which fits a signed 32-bit number until 2038), so that a
    database restored from an old backup does not use again what it has forgotten.
    """
    with transaction.atomic():
        mine = Lease.objects.filter(account_id=grant.account_id, token=grant.token)
        if not mine.update(last_seq=_raised_seq(count)):
            return None
        last: int = mine.values_list("last_seq", flat=True).get()
    return last - count + 1


def _lowest_seq() -> int:
    return int(shared.wall().timestamp())


def _raised_seq(count: int) -> Combinable:
    """Return `last_seq` raised by `count`, and never below the clock, for an UPDATE of leases."""
    return Greatest(F("last_seq"), Value(_lowest_seq(), output_field=BigIntegerField())) + count

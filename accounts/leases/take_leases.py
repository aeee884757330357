"""Take the leases of accounts for lanes: of many in two statements."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When

from accounts.leases.leases import SEQS_WITH_LEASE, Grant, lowest_seq, raised_seq
from accounts.models import AccountTask, Lease, Worker
from accounts.states import WORKING_STATES
from clocks import local, shared
from holds.models import open_holds


@dataclass(frozen=True, slots=True)
class Taken:
    """The leases that were taken, and those that may be free but are locked at this moment."""

    grants: dict[int, Grant]
    locked: frozenset[int]


def take_lease(*, account_id: int, worker_id: int, egress_id: int) -> Grant | None:
    """Take the lease of an account for a worker, or return None.

    None is returned if a living worker holds the lease, if this worker was presumed dead, if the
    account's state allows no work, if the account is now bound to another egress, or while a
    restored installation is held.
    """
    # The row lock makes two takers wait for each other; the second finds a living holder.
    found = _take([account_id], worker_id=worker_id, egress_id=egress_id, skip_locked=False)
    return found.get(account_id)


def take_leases(*, account_ids: Collection[int], worker_id: int, egress_id: int) -> Taken:
    """Take the leases of many accounts for a worker, as `take_lease` does for one.

    It waits for no lock: one account whose row is locked must not hold up the others. Such an
    account is named in the result, and `take_lease` can wait for it.
    """
    ids = sorted(set(account_ids))
    grants = _take(ids, worker_id=worker_id, egress_id=egress_id, skip_locked=True)
    left = [account_id for account_id in ids if account_id not in grants]
    if not left or not connection.features.has_select_for_update_skip_locked:
        return Taken(grants, frozenset())
    free = _takeable(left, worker_id=worker_id, egress_id=egress_id)
    return Taken(grants, frozenset(free.values_list("account_id", flat=True)))


def _takeable(
    account_ids: Collection[int], *, worker_id: int, egress_id: int
) -> QuerySet[Lease, Any]:
    """Return the leases among these that the worker may take."""
    return (
        Lease.objects.free()
        .filter(Q(egress=None) | Q(egress_id=egress_id), account_id__in=list(account_ids))
        .filter(account__state__in=WORKING_STATES)
        .filter(Exists(Worker.objects.living().filter(pk=worker_id)))
        .filter(~Exists(open_holds()))
    )


def _take(
    account_ids: Collection[int], *, worker_id: int, egress_id: int, skip_locked: bool
) -> dict[int, Grant]:
    """Take leases in one transaction: one statement reads all that a lane needs, one writes."""
    asked_at = local.elapsed()
    with transaction.atomic():
        leases = list(
            _takeable(account_ids, worker_id=worker_id, egress_id=egress_id)
            .annotate(has_account_tasks=Exists(_open_account_tasks()))
            .select_related("account")
            .select_for_update(of=("self",), skip_locked=skip_locked)
        )
        if not leases:
            return {}
        lowest, now = lowest_seq(), shared.now()
        was_handed_back = Q(worker=None)
        Lease.objects.filter(account_id__in=[lease.account_id for lease in leases]).update(
            worker_id=worker_id,
            egress_id=egress_id,
            token=F("token") + 1,
            taken_at=now,
            has_lost_reservation=False,
            last_reply_at=Case(When(was_handed_back, then=F("last_reply_at")), default=Value(now)),
            last_seq=raised_seq(SEQS_WITH_LEASE, lowest=lowest),
        )
    return {
        lease.account_id: Grant(
            account=lease.account,
            token=lease.token + 1,
            first_seq=max(lease.last_seq, lowest) + 1,
            has_account_tasks=lease.has_account_tasks,
            has_lost_reservation=lease.has_lost_reservation or lease.worker_id is not None,
            last_reply_at=lease.last_reply_at if lease.worker_id is None else now,
            resting_until=lease.resting_until,
            learnt_interval=lease.learnt_interval,
            bad_results=lease.bad_results,
            sessions_lost=lease.sessions_lost,
            login_not_before=lease.login_not_before,
            asked_at=asked_at,
        )
        for lease in leases
    }


def _open_account_tasks() -> QuerySet[AccountTask]:
    return AccountTask.objects.due(at=shared.now()).filter(account_id=OuterRef("account_id"))

"""The query for accounts with work and no lane."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import OuterRef, Q, QuerySet

from accounts.models import AccountTask, Lease
from accounts.states import WORKING_STATES
from clocks import shared
from foundation.look_ups import finds
from sending.models import Delivery, Run


def idle_leases_with_work(*, run_ids: Collection[int]) -> QuerySet[Lease, Any]:
    """Return the free leases of accounts with an account task, an open attempt or a due delivery.

    Every condition is a look-up in a partial index (`delivery_next`, `delivery_in_flight`,
    `account_task_unique_open`) for one account: a thousand accounts take a few milliseconds,
    however many deliveries there are.

    Args:
        run_ids: the runs whose deliveries may be sent now.
    """
    now = shared.now()
    mine = Delivery.objects.filter(account_id=OuterRef("account_id"))
    due = (
        mine.pending()
        .filter(run_id__in=run_ids)
        .filter(Q(not_before=None) | Q(not_before__lte=now))
    )
    holds_back = Q(holds_rest=True) | Q(online_until__isnull=False)
    holding = list(Run.objects.filter(holds_back, pk__in=run_ids).values_list("pk", flat=True))
    if holding:
        # What they hold has negative ranks, and is not due.
        due = due.filter(Q(rank__gte=0) | ~Q(run_id__in=holding))
    account_tasks = AccountTask.objects.due(at=now).filter(account_id=OuterRef("account_id"))
    urgent = account_tasks.filter(is_background=False)
    background = account_tasks.filter(is_background=True)
    open_ones = mine.in_flight().filter(Q(not_before=None) | Q(not_before__lte=now))
    is_rested = Q(resting_until=None) | Q(resting_until__lte=now)
    may_log_in = Q(login_not_before=None) | Q(login_not_before__lte=now)
    return (
        Lease.objects.free()
        .filter(may_log_in, account__state__in=WORKING_STATES)
        .filter(finds(urgent) | (is_rested & (finds(background) | finds(open_ones) | finds(due))))
    )

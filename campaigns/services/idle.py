"""Which accounts have something to do and no lane."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Errand, ErrandState, Lease
from accounts.states import WORKING_STATES
from campaigns.models import Delivery
from clocks import shared


def idle_leases_with_work(*, run_ids: Collection[int]) -> QuerySet[Lease, Any]:
    """Leases that no lane holds, of accounts with an errand, an open attempt or a delivery due.

    Args:
        run_ids: the runs whose deliveries may be sent now.

    Every EXISTS is a look-up in a partial index (`delivery_next`, `delivery_in_flight`,
    `errand_one_open_a_kind`) for one account: a thousand accounts cost a few milliseconds, and a
    million deliveries change nothing about that.
    """
    now = shared.now()
    mine = Delivery.objects.filter(account_id=OuterRef("account_id"))
    due = (
        mine.pending()
        .filter(run_id__in=run_ids)
        .filter(Q(not_before=None) | Q(not_before__lte=now))
    )
    errands = Errand.objects.filter(account_id=OuterRef("account_id"), state=ErrandState.OPEN)
    open_ones = mine.in_flight().filter(Q(not_before=None) | Q(not_before__lte=now))
    is_rested = Q(resting_until=None) | Q(resting_until__lte=now)
    may_log_in = Q(login_not_before=None) | Q(login_not_before__lte=now)
    return (
        Lease.objects.free()
        .filter(may_log_in, account__state__in=WORKING_STATES)
        .filter(Exists(errands) | (is_rested & (Exists(open_ones) | Exists(due))))
    )

"""Notify workers of accounts with work. Losing such a wake-up does no harm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import timedelta

from django.db.models import Count, Q

from accounts.gateway.sessions import kept_sessions
from accounts.models import Egress, Lease, Worker
from accounts.states import WORKING_STATES
from accounts.wake_ups import publish
from clocks import shared
from foundation.queries import chunks
from sending.wake_ups.accounts_with_work import idle_leases_with_work

#: An account is not woken again within this time unless its lane handed back meanwhile, seconds.
WAKE_AGAIN_SECONDS = 10
#: Accounts bound and woken per round of queries.
CHUNK = 1000


def wake_lanes(*, account_ids: Collection[int]) -> int:
    """Send a wake-up for each account to the queue of its egress; return how many were sent.

    An account without a pinned egress stays at the egress of its session while a worker runs
    there, because the gateway identifies the session by that address. An account that must log in
    anyway goes to the egress with the fewest accounts, so that a host that joins gets its share.

    Args:
        account_ids: the accounts; those whose state allows no work are left out.
    """
    return sum(_wake_chunk(chunk) for chunk in chunks(list(account_ids), size=CHUNK))


def _wake_chunk(account_ids: Sequence[int]) -> int:
    living = _living_egresses()
    if not living:
        return 0
    load = Counter(
        dict(
            Lease.objects.filter(egress__in=living)
            .values_list("egress")
            .annotate(n=Count("pk"))
            .order_by()
        )
    )
    queues: dict[int, list[int]] = {egress_id: [] for egress_id in living}
    sessions = kept_sessions(account_ids=account_ids)
    leases = Lease.objects.filter(account_id__in=account_ids, account__state__in=WORKING_STATES)
    for account_id, pinned, bound in leases.values_list(
        "account_id", "account__egress_id", "egress_id"
    ):
        egress_id = pinned or (bound if sessions.get(account_id, 0) == bound in living else None)
        if egress_id is None:
            load[bound] -= 1
            egress_id = min(living, key=lambda pk: (load[pk], pk != bound))
            load[egress_id] += 1
        if egress_id in living:
            queues[egress_id].append(account_id)
    woken = 0
    for egress_id, ids in queues.items():
        Lease.objects.free().filter(account_id__in=ids).update(
            egress_id=egress_id, woken_at=shared.now()
        )
        asked_at = shared.now().timestamp()
        calls = [(account_id, asked_at) for account_id in ids]
        woken += publish("sending.tasks.run_lane", living[egress_id].queue, calls)
    return woken


def _living_egresses() -> dict[int, Egress]:
    in_use = Egress.objects.filter(is_enabled=True, workers__in=Worker.objects.living())
    return {egress.pk: egress for egress in in_use.distinct()}


def refuse_wake(*, account_id: int) -> None:
    """Allow a new wake-up for an account at once: this worker does not act on the present one."""
    Lease.objects.free().filter(account_id=account_id).update(woken_at=None)


def accounts_to_wake(*, run_ids: Collection[int]) -> list[int]:
    """Return the accounts with work, no lane, and no wake-up within WAKE_AGAIN_SECONDS.

    Args:
        run_ids: the runs whose deliveries may be sent now.
    """
    again = shared.now() - timedelta(seconds=WAKE_AGAIN_SECONDS)
    idle = idle_leases_with_work(run_ids=run_ids).filter(Q(woken_at=None) | Q(woken_at__lt=again))
    return list(idle.values_list("account_id", flat=True))

"""Change the state of many deliveries at once, with the figures."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet

from sending.models import Delivery, TallyKind
from sending.querysets.tally import TallyKey, add_tallies
from sending.states import DELIVERY_STATES, DeliveryState, has_counted_reason

#: Rows per transaction.
CHUNK = 2_000


def move_deliveries(
    *, deliveries: QuerySet[Delivery], to: str, reason: str = "", limit: int | None = None
) -> int:
    """Move deliveries to a state, chunk by chunk, with the figures; return how many moved.

    Args:
        deliveries: the deliveries; those whose state has no transition to `to` are left unchanged.
        to: the new state.
        reason: the reason, for states that have one.
        limit: stop after at least so many, because chunks are whole; None for all.
    """
    movable = deliveries.filter(state__in=DELIVERY_STATES.sources(to)).order_by("pk")
    moved, last = 0, 0
    while limit is None or moved < limit:
        ids = list(movable.filter(pk__gt=last).values_list("pk", flat=True)[:CHUNK])
        if not ids:
            break
        moved += _move_chunk(movable.filter(pk__in=ids), to=to, reason=reason)
        last = ids[-1]
    return moved


def cancel_pending(*, run_id: int, limit: int | None = None, reason: str = "") -> int:
    """Cancel the pending deliveries of a run, account by account; return how many.

    Args:
        run_id: the run.
        limit: stop after at least so many; None for all.
        reason: why; empty if an operator cancelled the run.
    """
    moved = 0
    pending = Delivery.objects.pending().filter(run_id=run_id)
    for account_id in list(pending.values_list("account_id", flat=True).distinct().order_by()):
        left = None if limit is None else limit - moved
        if left is not None and left <= 0:
            break
        moved += move_deliveries(
            deliveries=pending.filter(account_id=account_id),
            to=DeliveryState.CANCELLED,
            reason=reason,
            limit=left,
        )
    return moved


def _move_chunk(rows: QuerySet[Delivery], *, to: str, reason: str) -> int:
    with transaction.atomic():
        # Locked first, so that exactly the rows that are counted are moved.
        locked = list(
            rows.select_for_update(of=("self",)).values_list("pk", "run_id", "state", "reason")
        )
        values: dict[str, Any] = {"reason": reason, "not_before": None}
        if to == DeliveryState.PENDING:
            # A retry starts with all its tries; the earlier attempts stay on record.
            values["counted_from"] = F("attempt_count")
        moved = Delivery.objects.filter(pk__in=[pk for pk, *_ in locked]).transition(
            to=to, **values
        )
        changes: Counter[TallyKey] = Counter()
        for _pk, run_id, state, old_reason in locked:
            changes[run_id, TallyKind.STATE, state] -= 1
            changes[run_id, TallyKind.STATE, str(to)] += 1
            if has_counted_reason(state, old_reason):
                changes[run_id, TallyKind.REASON, f"{state}:{old_reason}"] -= 1
            if has_counted_reason(to, reason):
                changes[run_id, TallyKind.REASON, f"{to}:{reason}"] += 1
        add_tallies(shard=0, changes=changes)
    return moved


def skip_deliveries(*, run_id: int, reasons: Mapping[int, str]) -> None:
    """Skip pending deliveries of a run, each with its reason, and update the figures.

    Args:
        run_id: the run.
        reasons: the reason by delivery id.
    """
    by_reason: dict[str, list[int]] = defaultdict(list)
    for delivery_id, reason in reasons.items():
        by_reason[str(reason)].append(delivery_id)
    with transaction.atomic():
        changes: Counter[TallyKey] = Counter()
        for reason, ids in by_reason.items():
            skipped = (
                Delivery.objects.filter(pk__in=ids, run_id=run_id)
                .pending()
                .transition(to=DeliveryState.SKIPPED, reason=reason)
            )
            changes[run_id, TallyKind.STATE, DeliveryState.PENDING] -= skipped
            changes[run_id, TallyKind.STATE, DeliveryState.SKIPPED] += skipped
            changes[run_id, TallyKind.REASON, f"{DeliveryState.SKIPPED}:{reason}"] += skipped
        add_tallies(shard=0, changes=changes)

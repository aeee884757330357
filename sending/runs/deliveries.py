"""Change the state of many deliveries at once, with the figures."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet

from sending.models import Delivery, TallyKind
from sending.querysets.open_work import accounts_with_pending
from sending.querysets.tally import TallyKey, add_tallies
from sending.states import (
    DELIVERY_STATES,
    DeliveryState,
    Reason,
    has_counted_reason,
    truthful,
)
from sending.webhook_events import tell_ended

#: Rows per transaction.
CHUNK = 2_000


def move_deliveries(
    *, deliveries: QuerySet[Delivery], to: str, reason: str = "", limit: int | None = None
) -> int:
    """Move deliveries to a state, chunk by chunk, with the figures; return how many moved.

    Args:
        deliveries: the deliveries; those whose state has no transition to `to` are left unchanged.
        to: the new state; a delivery in doubt becomes unknown instead of failed, skipped or
            cancelled (`sending.states.truthful`).
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
    for account_id in accounts_with_pending(run_id=run_id):
        left = None if limit is None else limit - moved
        if left is not None and left <= 0:
            break
        moved += _cancel_all(pending.filter(account_id=account_id), reason=reason, limit=left)
    return moved


def _cancel_all(pending: QuerySet[Delivery], *, reason: str, limit: int | None) -> int:
    """Cancel pending deliveries of a run and an account; return how many.

    In no order: in that of their keys, SQLite would read the whole run for each account.
    """
    moved = 0
    before: list[int] = []
    while limit is None or moved < limit:
        ids = list(pending.order_by().values_list("pk", flat=True)[:CHUNK])
        if not ids or ids == before:
            break
        rows = pending.filter(pk__in=ids).order_by("pk")  # locked in this order, as by others
        moved += _move_chunk(rows, to=DeliveryState.CANCELLED, reason=reason)
        before = ids
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
    pending = Delivery.objects.filter(run_id=run_id).pending()
    with transaction.atomic():
        for reason, ids in by_reason.items():
            _move_chunk(pending.filter(pk__in=ids), to=DeliveryState.SKIPPED, reason=reason)


def _move_chunk(rows: QuerySet[Delivery], *, to: str, reason: str) -> int:
    """Move deliveries, with the figures; those in doubt become unknown if they would be ended."""
    with transaction.atomic():
        # Locked first, so that exactly the rows that are counted are moved.
        locked = rows.select_for_update(of=("self",)).values_list("pk", "run_id", "state", "reason")
        moves: dict[tuple[str, str], list[int]] = defaultdict(list)
        changes: Counter[TallyKey] = Counter()
        for pk, run_id, state, old_reason in locked:
            new, new_reason = _move_of(state, old_reason, to=to, reason=reason)
            moves[new, new_reason].append(pk)
            changes[run_id, TallyKind.STATE, state] -= 1
            changes[run_id, TallyKind.STATE, new] += 1
            if has_counted_reason(state, old_reason):
                changes[run_id, TallyKind.REASON, f"{state}:{old_reason}"] -= 1
            if has_counted_reason(new, new_reason):
                changes[run_id, TallyKind.REASON, f"{new}:{new_reason}"] += 1
        moved = 0
        for (new, new_reason), ids in moves.items():
            values: dict[str, Any] = {"reason": new_reason, "not_before": None}
            if new == DeliveryState.PENDING:
                # A retry starts with all its tries; the earlier attempts stay on record.
                values["counted_from"] = F("attempt_count")
            moved += Delivery.objects.filter(pk__in=ids).transition(to=new, **values)
            tell_ended(ids)
        add_tallies(shard=0, changes=changes)
    return moved


def _move_of(state: str, old_reason: str, *, to: str, reason: str) -> tuple[str, str]:
    """Return the state and the reason that a delivery of this state and reason gets."""
    if to == DeliveryState.PENDING:
        # A retried unknown delivery may have arrived.
        is_unknown = state == DeliveryState.UNKNOWN
        return str(to), str(Reason.MAY_HAVE_ARRIVED) if is_unknown else reason
    is_in_doubt = state == DeliveryState.PENDING and old_reason == Reason.MAY_HAVE_ARRIVED
    new, new_reason = truthful(to=to, reason=reason, is_in_doubt=is_in_doubt)
    return str(new), str(new_reason)

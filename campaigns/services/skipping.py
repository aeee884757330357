"""The verb that skips deliveries which turn out to be unsendable when their turn comes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

from django.db import transaction

from campaigns.models import Delivery, TallyKind
from campaigns.querysets.ledger import TallyKey, add_tallies
from campaigns.states import DeliveryState


def skip_deliveries(*, run_id: int, reasons: Mapping[int, str]) -> None:
    """Skip pending deliveries of a run, each with its reason; the figures follow.

    Args:
        run_id: the run.
        reasons: delivery id to reason.
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

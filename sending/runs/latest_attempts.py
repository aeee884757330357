"""The newest attempts of all runs, with what is known of their deliveries."""

from __future__ import annotations

from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from sending.models import Attempt, Delivery


def latest_attempts() -> QuerySet[Any, Any]:
    """Return the attempts, newest first, with the columns `run_id` and `state` of their deliveries.

    To be cut. Each delivery is looked up for itself, after the cut: while PostgreSQL has no
    statistics, it would join all deliveries to all attempts first.
    """
    return Attempt.objects.order_by("-pk").annotate(
        run_id=_of_delivery("run_id"), state=_of_delivery("state")
    )


def _of_delivery(column: str) -> Subquery:
    # All rows: who sees the attempt may see this much of its delivery.
    rows = Delivery._base_manager.filter(pk=OuterRef("delivery_id"))
    return Subquery(rows.values(column)[:1])

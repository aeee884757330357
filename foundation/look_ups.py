"""Conditions that are look-ups: each row asks for itself."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet, Subquery
from django.db.models.lookups import IsNull


def finds(rows: QuerySet[Any, Any]) -> Q:
    """Return the condition that there is such a row, as EXISTS, but always asked row by row.

    PostgreSQL may answer an EXISTS by reading all rows that could meet it into memory, and does so
    while it has no statistics about them. A subquery with LIMIT 1 it can only look up.

    Args:
        rows: the rows, with an OuterRef.
    """
    return Q(IsNull(Subquery(rows.order_by().values("pk")[:1]), False))

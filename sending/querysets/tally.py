"""Reading the stored figures of runs, and adding to them."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.db import connection, models
from django.db.models import Sum

#: Run, kind, key.
TallyKey = tuple[int, str, str]

_TALLY = """
INSERT INTO sending_tally (run_id, kind, key, shard, n) VALUES {rows}
ON CONFLICT (run_id, kind, key, shard) DO UPDATE SET n = sending_tally.n + excluded.n
"""


class TallyQuerySet(models.QuerySet[Any]):
    """Figures by run, updated in the same transactions as the deliveries (rule 6)."""

    def summed(self) -> list[tuple[str, str, int]]:
        """Return (kind, key, n) summed over the shards. It reads a few dozen rows per run."""
        return list(
            self.values_list("kind", "key")
            .annotate(total=Sum("n"))
            .order_by("kind", "key")
            .values_list("kind", "key", "total")
        )


def add_tallies(*, shard: int, changes: Counter[TallyKey]) -> None:
    """Add to a shard's figures. The rows are sorted, so that two writers cannot deadlock.

    Args:
        shard: 0 for planning and operators, else the worker's id.
        changes: what to add, by (run, kind, key).
    """
    rows = [(*key, shard, n) for key, n in sorted(changes.items()) if n]
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _TALLY.format(rows=", ".join(["(%s, %s, %s, %s, %s)"] * len(rows))),
            [value for row in rows for value in row],
        )

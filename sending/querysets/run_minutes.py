"""Adding to the results by minute."""

from __future__ import annotations

from collections import Counter

from django.db import connection

#: Run, minute since 1970, result code.
MinuteKey = tuple[int, int, str]

_ADD = """
INSERT INTO sending_runminute (run_id, minute, res, shard, n) VALUES {rows}
ON CONFLICT (run_id, minute, res, shard) DO UPDATE SET n = sending_runminute.n + excluded.n
"""


def add_run_minutes(*, shard: int, changes: Counter[MinuteKey]) -> None:
    """Add to a shard's results by minute. The rows are sorted, as those of the tallies are.

    Args:
        shard: the worker's id.
        changes: the number of results, by (run, minute, code).
    """
    rows = [(*key, shard, n) for key, n in sorted(changes.items()) if n]
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _ADD.format(rows=", ".join(["(%s, %s, %s, %s, %s)"] * len(rows))),
            [value for row in rows for value in row],
        )

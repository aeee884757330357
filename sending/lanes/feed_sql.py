"""The feed's SQL: a lane's next deliveries.

It is written out because every lane runs it every few messages: building it with the ORM took
longer than the database takes to answer it.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.db import connection

from sending.querysets.suppressed import is_suppressed

# An index scan of `delivery_next`: account and run are its prefix, id its order. Opt-outs since
# planning are looked up per row, by UIN.
_NEXT = f"""
SELECT d.id, d.uin, d.attempt_count - COALESCE(d.counted_from, 0),
       {is_suppressed(uin="d.uin", run="d.run_id")}
  FROM sending_delivery d
 WHERE d.account_id = %s AND d.run_id = %s AND d.state = 'pending'
   AND (d.not_before IS NULL OR d.not_before <= %s)
 ORDER BY d.id
 LIMIT %s
"""  # noqa: S608 -- it puts in names, no value


class Next(NamedTuple):
    """A delivery that may be sent now unless `is_suppressed`.

    Attributes:
        attempts: the number of attempts since the latest retry.
        is_suppressed: whether its person opted out since planning.
    """

    delivery_id: int
    uin: int
    attempts: int
    is_suppressed: bool


def next_of_run(*, account_id: int, run_id: int, now: datetime, limit: int) -> list[Next]:
    """Return an account's next pending deliveries in a run, oldest first; `now` is shared time."""
    at = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [account_id, run_id, at, limit])
        return [
            Next(delivery_id, uin, attempts, bool(has_opted_out))
            for delivery_id, uin, attempts, has_opted_out in cursor.fetchall()
        ]

"""The queryset of leases."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Self

from django.db import connection, models
from django.db.models import Q

_HAND_BACK = """
UPDATE accounts_lease
   SET worker_id = NULL, woken_at = NULL, last_reply_at = %s, learnt_interval = %s,
       bad_results = %s, sessions_lost = %s
 WHERE account_id = %s AND token = %s
"""
# One statement and one round trip; by the ORM it was a transaction of four.
_RESERVE_SEQS = """
UPDATE accounts_lease SET last_seq = {greatest}(last_seq, %s) + %s
 WHERE account_id = %s AND token = %s
RETURNING last_seq
"""


class LeaseQuerySet(models.QuerySet[Any]):
    """Leases, one for each account; no form saves them."""

    def free(self) -> Self:
        """Leases that no living worker holds."""
        return self.filter(Q(worker=None) | Q(worker__ended_at__isnull=False))

    def held(self) -> Self:
        """Leases that a living worker holds."""
        return self.filter(worker__isnull=False, worker__ended_at=None)

    def hand_back(
        self, rows: Iterable[tuple[datetime | None, float | None, int, int, int, int]]
    ) -> None:
        """Hand leases back, with what the next lanes need to know. Does nothing to lost leases.

        Args:
            rows: (last_reply_at, learnt_interval, bad_results, sessions_lost, account, token) of
                each. They are sent together, without building a statement of the ORM for each.
        """
        stored = connection.ops.adapt_datetimefield_value
        with connection.cursor() as cursor:
            cursor.executemany(_HAND_BACK, [(stored(at), *others) for at, *others in rows])

    def reserve_seqs(self, *, account_id: int, token: int, lowest: int, count: int) -> int | None:
        """Raise an account's last SEQ by `count`, from `lowest` at least; return the new last one.

        None if the lease is no longer held under this token.
        """
        greatest = "GREATEST" if connection.vendor == "postgresql" else "MAX"
        with connection.cursor() as cursor:
            cursor.execute(
                _RESERVE_SEQS.format(greatest=greatest), [lowest, count, account_id, token]
            )
            rows = cursor.fetchall()
        return int(rows[0][0]) if rows else None

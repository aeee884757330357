"""The attempts of one account by hour and result code: for the chart of its day."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from django.db.models import Count, Func, IntegerField, QuerySet

#: The newest attempts of the account that are read: the table has no index on time.
MOST = 100_000


class QuarterOf(Func):
    """The number of whole quarters of an hour from 1970 to a time, computed by the database.

    Every time zone differs from UTC by whole quarters, so hours of any zone are made of them.
    """

    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Parse the text, which is how SQLite stores times, in UTC."""
        template = "CAST(strftime('%%%%s', %(expressions)s) AS INTEGER) / 900"
        return super().as_sql(compiler, connection, template=template, **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Extract the seconds since 1970."""
        template = "FLOOR(EXTRACT(EPOCH FROM %(expressions)s) / 900)::bigint"
        return super().as_sql(compiler, connection, template=template, **context)


def attempts_by_quarter(
    attempts: QuerySet[Any], *, since: datetime
) -> tuple[Counter[tuple[int, str]], bool]:
    """Return the attempts of an account since a moment, and whether they are cut.

    Plan: both statements walk the unique index over (account, seq) from its end, MOST rows at most.

    Args:
        attempts: all attempts of one account.
        since: the moment, in shared time.

    Returns:
        the number of attempts by (quarter of an hour since 1970, result code), and whether only
        the newest MOST of them were counted.
    """
    oldest = attempts.order_by("-seq")[MOST - 1 : MOST].values_list("seq", "marked_at").first()
    if oldest is not None:
        attempts = attempts.filter(seq__gte=oldest[0])
    counted = (
        attempts.order_by()
        .filter(marked_at__gte=since)
        .annotate(quarter=QuarterOf("marked_at"))
        .values_list("quarter", "res")
        .annotate(n=Count("pk"))
    )
    found = Counter({(quarter, res): n for quarter, res, n in counted})
    return found, oldest is not None and oldest[1] >= since

"""The last hour of sending, from the newest attempts alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from django.core.cache import cache
from django.db.models import Count, Func, IntegerField, Max
from django.utils import timezone

from sending.models import Attempt

#: How many of the newest attempts are looked at. Attempts have no index by time, on purpose: they
#: are the table that is written most. Their ids grow with time, and that is enough.
NEWEST = 50_000
#: Seconds for which every viewer gets the same answer.
KEPT_SECONDS = 3


class MinuteOf(Func):
    """The minute since 1970 in which a time lies; by the database's own functions, not Python's."""

    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """SQLite keeps times as text, in UTC."""
        template = "CAST(strftime('%%%%s', %(expressions)s) AS INTEGER) / 60"
        return super().as_sql(compiler, connection, template=template, **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """PostgreSQL extracts the epoch."""
        template = "FLOOR(EXTRACT(EPOCH FROM %(expressions)s) / 60)::bigint"
        return super().as_sql(compiler, connection, template=template, **context)


@dataclass(frozen=True)
class LastHour:
    """What was sent in the last hour.

    Args:
        minutes: (the minute's start, attempts in it), oldest first, sixty of them.
        codes: how often each code was answered.
        is_cut: there were more attempts than are looked at, so the hour is not whole.
    """

    minutes: list[tuple[datetime, int]]
    codes: dict[str, int] = field(default_factory=dict)
    is_cut: bool = False

    @property
    def highest(self) -> int:
        """The busiest minute."""
        return max((n for _, n in self.minutes), default=0)

    @property
    def last_whole_minute(self) -> int:
        """Attempts in the last minute that is over."""
        return self.minutes[-2][1]


def last_hour() -> LastHour:
    """Return the last hour's attempts by minute and by code; kept for a few seconds."""
    kept: Any = cache.get_or_set(
        "console-last-hour", lambda: _last_hour(timezone.now()), KEPT_SECONDS
    )
    return cast(LastHour, kept)


def _last_hour(now: datetime) -> LastHour:
    newest = Attempt.objects.aggregate(newest=Max("pk"))["newest"] or 0
    since = now.replace(second=0, microsecond=0) - timedelta(minutes=59)
    rows = (
        Attempt.objects.filter(pk__gt=newest - NEWEST, marked_at__gte=since)
        .order_by()
        .annotate(minute=MinuteOf("marked_at"))
        .values_list("minute", "res")
        .annotate(n=Count("pk"))
    )
    by_minute: Counter[int] = Counter()
    by_code: Counter[str] = Counter()
    for minute, code, n in rows:
        by_minute[minute] += n
        by_code[code] += n
    first = int(since.timestamp()) // 60
    minutes = [(since + timedelta(minutes=index), by_minute[first + index]) for index in range(60)]
    return LastHour(
        minutes=minutes,
        codes=dict(by_code.most_common()),
        is_cut=by_minute.total() >= NEWEST,
    )

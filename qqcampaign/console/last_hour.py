"""The attempts of the last hour, by minute and by result code."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from django.core.cache import cache
from django.db.models import Count, Func, IntegerField, Max, Q

from clocks import shared
from sending.models import Attempt

#: How many of the newest attempts are read. The table has no index on time, because it is the one
#: written most often. Ids grow with time, so the newest ids are the newest attempts.
NEWEST = 50_000
#: Seconds for which a web process caches the figures for all of its viewers.
CACHE_SECONDS = 3
#: Seconds that are "now": what is sent in them is the rate of the moment, messages a minute.
NOW_SECONDS = 60


class MinuteOf(Func):
    """The number of whole minutes from 1970 to a time, computed by the database."""

    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Parse the text, which is how SQLite stores times, in UTC."""
        template = "CAST(strftime('%%%%s', %(expressions)s) AS INTEGER) / 60"
        return super().as_sql(compiler, connection, template=template, **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Extract the seconds since 1970."""
        template = "FLOOR(EXTRACT(EPOCH FROM %(expressions)s) / 60)::bigint"
        return super().as_sql(compiler, connection, template=template, **context)


@dataclass(frozen=True)
class LastHour:
    """The attempts of the last hour.

    Args:
        minutes: (start of the minute, number of attempts), sixty of them, the oldest first.
        codes: number of attempts for each result code.
        now: number of attempts in the last NOW_SECONDS.
        is_cut: whether only the newest NEWEST attempts are counted, because there were more.
    """

    minutes: list[tuple[datetime, int]]
    codes: dict[str, int] = field(default_factory=dict)
    now: int = 0
    is_cut: bool = False

    @property
    def highest(self) -> int:
        """The largest number of attempts in a minute."""
        return max((n for _, n in self.minutes), default=0)


def last_hour() -> LastHour:
    """Return the last hour's attempts by minute and by code, cached for CACHE_SECONDS."""
    cached: Any = cache.get_or_set(
        "console-last-hour", lambda: _last_hour(shared.now()), CACHE_SECONDS
    )
    return cast(LastHour, cached)


def _last_hour(now: datetime) -> LastHour:
    # Attempts are dated by the shared time; people read the wall clock's.
    newest = Attempt.objects.aggregate(newest=Max("pk"))["newest"] or 0
    since = now.replace(second=0, microsecond=0) - timedelta(minutes=59)
    rows = (
        Attempt.objects.filter(pk__gt=newest - NEWEST, marked_at__gte=since)
        .order_by()
        .annotate(minute=MinuteOf("marked_at"))
        .values_list("minute", "res")
        .annotate(
            n=Count("pk"),
            now=Count("pk", filter=Q(marked_at__gte=now - timedelta(seconds=NOW_SECONDS))),
        )
    )
    by_minute: Counter[int] = Counter()
    by_code: Counter[str] = Counter()
    sent_now = 0
    for minute, code, n, just_now in rows:
        by_minute[minute] += n
        by_code[code] += n
        sent_now += just_now
    first = int(since.timestamp()) // 60
    minutes = [
        (shared.as_wall(since + timedelta(minutes=index)), by_minute[first + index])
        for index in range(60)
    ]
    return LastHour(
        minutes=minutes,
        codes=dict(by_code.most_common()),
        now=sent_now,
        is_cut=by_minute.total() >= NEWEST,
    )

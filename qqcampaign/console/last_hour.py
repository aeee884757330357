"""The results of the last hour, by minute and by result code."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from django.core.cache import cache
from django.db.models import Sum

from clocks import shared
from sending.models import RunMinute

#: Seconds for which a web process caches the figures for all of its viewers.
CACHE_SECONDS = 3


@dataclass(frozen=True)
class LastHour:
    """The results of the last hour.

    Args:
        minutes: (start of the minute, number of results), sixty of them, the oldest first.
        codes: number of results for each result code.
        now: about how many came in the last 60 seconds: those of this minute, and of the minute
            before its part that is not older, as if they had come evenly.
    """

    minutes: list[tuple[datetime, int]]
    codes: dict[str, int] = field(default_factory=dict)
    now: int = 0

    @property
    def highest(self) -> int:
        """The largest number of results in a minute."""
        return max((n for _, n in self.minutes), default=0)


def last_hour() -> LastHour:
    """Return the last hour's results by minute and by code, cached for CACHE_SECONDS."""
    cached: Any = cache.get_or_set(
        "console-last-hour", lambda: _last_hour(shared.wall()), CACHE_SECONDS
    )
    return cast(LastHour, cached)


def _last_hour(now: datetime) -> LastHour:
    # Results are kept by minute for the charts of runs: a row a run, code and worker in place of
    # each attempt, found by the index of minutes.
    last = int(now.timestamp()) // 60
    first = last - 59
    rows = (
        RunMinute.objects.filter(minute__gte=first, minute__lte=last)
        .order_by()
        .values_list("minute", "res")
        .annotate(total=Sum("n"))
    )
    by_minute: Counter[int] = Counter()
    by_code: Counter[str] = Counter()
    for minute, code, n in rows:
        by_minute[minute] += n
        by_code[code] += n
    return LastHour(
        minutes=[
            (datetime.fromtimestamp(minute * 60, tz=UTC), by_minute[minute])
            for minute in range(first, last + 1)
        ],
        codes=dict(by_code.most_common()),
        now=by_minute[last] + round(by_minute[last - 1] * (60 - now.second) / 60),
    )

"""The figures of today for all campaigns: yesterday's rate at this time, replies and opt-outs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from django.core.cache import cache
from django.db.models import Max, Model
from django.urls import reverse
from django.utils import timezone

from clocks import shared
from sending.models import OptDirection, OptOut, Reply
from sending.runs.over_time import results_a_minute

#: Minutes over which yesterday's rate is measured, half of them before this time of day.
RATE_MINUTES = 10
#: How many of the newest replies and opt-outs are read: their tables have no index on time.
NEWEST = 20_000
#: Seconds for which a web process caches the figures for all of its viewers.
CACHE_SECONDS = 5


@dataclass(frozen=True)
class Today:
    """The figures of today.

    Attributes:
        rate_yesterday: results a minute 24 hours ago, over RATE_MINUTES.
        replies: replies since midnight, NEWEST at most.
        opt_outs: people who opted out by a reply since midnight.
    """

    rate_yesterday: float
    replies: int
    opt_outs: int

    def change(self, rate: float) -> float | None:
        """Return the change of a rate against yesterday's, percent; None without one then."""
        if not self.rate_yesterday:
            return None
        return 100 * (rate - self.rate_yesterday) / self.rate_yesterday

    @property
    def opt_outs_address(self) -> str:
        """The list of opt-outs."""
        return f"{reverse('admin:sending_optout_changelist')}?direction__exact={OptDirection.OUT}"


def today() -> Today:
    """Return the figures of today, cached for CACHE_SECONDS."""
    return cast(Today, cache.get_or_set("console-today", _today, CACHE_SECONDS))


def _today() -> Today:
    now = shared.wall()
    return Today(
        rate_yesterday=results_a_minute(
            at=now - timedelta(days=1) + timedelta(minutes=RATE_MINUTES / 2), minutes=RATE_MINUTES
        ),
        replies=_since_midnight(Reply),
        opt_outs=_since_midnight(OptOut, direction=OptDirection.OUT, took_effect=True),
    )


def _since_midnight(model: type[Model], **conditions: Any) -> int:
    rows = model._default_manager.all()
    newest = rows.aggregate(newest=Max("pk"))["newest"] or 0
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return rows.filter(pk__gt=newest - NEWEST, at__gte=midnight, **conditions).count()

"""The limits on messages to one person, in SQL, for planning and preflight."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Min, Q

from campaigns.planning.rules import PlanRules
from clocks import shared
from sending.models import Delivery, Run
from sending.querysets.limits import (
    count_of_person,
    counts_for_cap,
    is_of_runs,
    of_person_from,
)
from sending.states import Reason


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit: a person of whose messages too many count is skipped.

    Attributes:
        reason: why the person is skipped.
        counts: the SQL condition that a message `e` counts.
        params: its parameters.
        oldest_run: messages of runs with a lower key do not count.
        most: so many messages that count are too many.
    """

    reason: Reason
    counts: str
    params: tuple[Any, ...]
    oldest_run: int
    most: int

    def count_of(self, *, contact: str) -> str:
        """Return the SQL of the number of a person's messages that count."""
        person = of_person_from(contact=contact, oldest_run=self.oldest_run)
        return count_of_person(person=person, counts=self.counts)


def limits_in(rules: PlanRules) -> list[Limit]:
    """Return the limits that a person may be over; of several, the first gives the reason."""
    return [limit for limit in (_once_across(rules), _frequency_cap(rules)) if limit is not None]


def _once_across(rules: PlanRules) -> Limit | None:
    runs = _runs_together(rules)
    if not runs:
        return None
    counts = is_of_runs(run=str(rules.run_id), runs=", ".join(map(str, runs)))
    return Limit(Reason.ONCE_ACROSS, counts, (), runs[0], 1)


def _frequency_cap(rules: PlanRules) -> Limit | None:
    capped = _runs_counted(rules)
    if rules.cap is None or capped == []:
        return None
    span = timedelta(seconds=rules.cap.seconds)
    counts = counts_for_cap(
        run=str(rules.run_id),
        sent_after="%s",
        marked_after="%s",
        among="" if capped is None else f"e.run_id + 0 IN ({', '.join(map(str, capped))})",
    )
    stored = connection.ops.adapt_datetimefield_value
    since = (stored(shared.wall() - span), stored(shared.now() - span))
    oldest_run = _oldest_run(since=shared.wall() - span)
    return Limit(Reason.FREQUENCY_CAP, counts, since, oldest_run, rules.cap.most)


def _runs_together(rules: PlanRules) -> list[int]:
    """Return the keys of the other planned runs that count together with the run."""
    if not rules.once_across:
        return []
    runs = Run.objects.filter(origin__in=rules.once_across, planned_at__isnull=False)
    return list(runs.exclude(pk=rules.run_id).order_by("pk").values_list("pk", flat=True))


def _runs_counted(rules: PlanRules) -> list[int] | None:
    """Return the keys of the runs whose messages count for the cap; None: all count."""
    if rules.cap_origins is None:
        return None
    runs = Run.objects.filter(origin__in=rules.cap_origins, planned_at__isnull=False)
    return list(runs.order_by("pk").values_list("pk", flat=True))


def _oldest_run(*, since: datetime) -> int:
    """Return the lowest key of a run that may have sent since a moment.

    Messages of older runs need not be read. The results of a run's last requests come after its
    end, so a day is added.
    """
    recent = Q(ended_at=None) | Q(ended_at__gte=since - timedelta(days=1))
    open_ones = Delivery.objects.in_flight().values("run_id")  # a request that was never settled
    runs = Run.objects.filter(recent | Q(pk__in=open_ones))
    return runs.aggregate(oldest=Min("pk"))["oldest"] or 0

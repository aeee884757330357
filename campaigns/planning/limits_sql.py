"""The SQL of the limits on messages to one person, for planning and preflight."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Min, Q

from campaigns.planning.rules import PlanRules
from clocks import shared
from sending.models import Delivery, Run
from sending.querysets.limits import got_one_of, messages_counted


def over_limit_sql(rules: PlanRules) -> tuple[str, tuple[Any, ...]]:
    """Return the SQL of the reason to skip a person because of a limit, with its parameters."""
    cases = ""
    params: list[Any] = []
    runs = _runs_together(rules)
    if runs:
        keys = ", ".join(["%s"] * len(runs))
        got_one = got_one_of(
            contact="p.id", run=str(rules.run_id), runs=keys, oldest_run=str(runs[0])
        )
        cases += f" WHEN {got_one} THEN 'once_across'"
        params += runs
    if rules.cap is not None:
        span = timedelta(seconds=rules.cap.seconds)
        counted = messages_counted(
            contact="p.id",
            run=str(rules.run_id),
            sent_after="%s",
            marked_after="%s",
            oldest_run=str(_oldest_run(since=shared.wall() - span)),
        )
        cases += f" WHEN {counted} >= %s THEN 'frequency_cap'"
        stored = connection.ops.adapt_datetimefield_value
        params += [stored(shared.wall() - span), stored(shared.now() - span), rules.cap.most]
    if not cases:
        return "CAST('' AS text)", ()
    return f"CASE{cases} ELSE '' END", tuple(params)


def _runs_together(rules: PlanRules) -> list[int]:
    """Return the keys of the other planned runs that count together with the run."""
    if not rules.once_across:
        return []
    runs = Run.objects.filter(origin__in=rules.once_across, planned_at__isnull=False)
    return list(runs.exclude(pk=rules.run_id).order_by("pk").values_list("pk", flat=True))


def _oldest_run(*, since: datetime) -> int:
    """Return the lowest key of a run that may have sent since a moment.

    Messages of older runs need not be read. The results of a run's last requests come after its
    end, so a day is added.
    """
    recent = Q(ended_at=None) | Q(ended_at__gte=since - timedelta(days=1))
    open_ones = Delivery.objects.in_flight().values("run_id")  # a request that was never settled
    runs = Run.objects.filter(recent | Q(pk__in=open_ones))
    return runs.aggregate(oldest=Min("pk"))["oldest"] or 0

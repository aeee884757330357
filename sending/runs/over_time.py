"""The results of a run over time, and the rate of all runs, from the results by minute."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import F, Max, Min, Sum

from sending.models import Run, RunMinute

#: A chart has so many points at most.
MOST_POINTS = 720
#: Minutes that one point may stand for.
WIDTHS = (1, 2, 5, 10, 15, 30, 60, 180, 360, 720, 1440, 10_080)


@dataclass(frozen=True)
class OverTime:
    """The results of a run in equal steps, the oldest first.

    Attributes:
        starts: the start of each step, seconds since 1970. Steps without a result are there too.
        width: minutes of a step.
        codes: by result code, the number of its results in each step.
    """

    starts: list[int] = field(default_factory=list)
    width: int = 1
    codes: dict[str, list[int]] = field(default_factory=dict)

    @property
    def totals(self) -> list[int]:
        """The number of all results in each step."""
        return [sum(step) for step in zip(*self.codes.values(), strict=True)]


def results_over_time(*, run: Run) -> OverTime:
    """Return the results of a run over time: at most MOST_POINTS steps, whatever its size.

    It reads the run's rows of the unique index: one for each minute, code and worker.
    """
    rows = RunMinute.objects.filter(run=run)
    ends = rows.aggregate(first=Min("minute"), last=Max("minute"))
    if ends["first"] is None:
        return OverTime()
    width = next(
        (one for one in WIDTHS if (ends["last"] - ends["first"]) // one < MOST_POINTS), WIDTHS[-1]
    )
    first, last = ends["first"] // width, ends["last"] // width
    codes: defaultdict[str, list[int]] = defaultdict(lambda: [0] * (last - first + 1))
    found = rows.values_list(F("minute") / width, "res").annotate(total=Sum("n")).order_by()
    for step, res, n in found:
        codes[res][step - first] = n
    ordered = sorted(codes.items(), key=lambda item: -sum(item[1]))
    return OverTime(
        starts=[step * width * 60 for step in range(first, last + 1)],
        width=width,
        codes=dict(ordered),
    )


def results_a_minute(*, at: datetime, minutes: int) -> float:
    """Return how many results a minute all runs got in the whole minutes before a time."""
    end = int(at.timestamp()) // 60
    total = RunMinute.objects.filter(minute__gte=end - minutes, minute__lt=end).aggregate(
        n=Sum("n")
    )["n"]
    return (total or 0) / minutes

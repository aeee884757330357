"""The figures of all campaigns over a period: runs, labels, accounts, reasons, days and hours.

Everything but the figures by account is read from tallies, replies and results by minute, so a
period with ten million deliveries costs as much as one with a thousand. Those by account are kept
for ended runs: `accounts_of_runs`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Account
from campaigns.models import CampaignRun
from campaigns.reports.period_figures import Pair, PeriodFigures, figures_of_runs
from campaigns.reports.report_filter import ReportFilter
from foundation.refusals import Refusal
from labels.models import Label
from sending.models import RunMinute

#: A period has so many days at most.
MOST_DAYS = 366
#: Days beyond these have no midnight in every time zone, and no run.
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2999, 12, 31)
#: A period has so many runs at most.
MOST_RUNS = 2_000
#: Minutes of a step of `RunMinute` that the hours of every time zone are made of.
_QUARTER = 15
#: The result code of a message that the gateway took.
_TAKEN = "0"


@dataclass(frozen=True, slots=True)
class PeriodReport:
    """What became of the runs of a period.

    Attributes:
        since, until: the first and the last day, in `zone`.
        runs: the runs that were planned in the period with their figures, the newest first.
        labels: the figures by label of the campaigns; a run with two labels counts for both.
        accounts: the figures by account, without the people who have none.
        accounts_left_out: runs whose figures by account are not counted yet.
        reasons: by state and reason, the number of deliveries that were not sent.
        days: by day, the results of its requests: (taken by the gateway, others). Empty with chosen
            accounts: these results are kept by run.
        hours: taken by the gateway, by weekday (Monday is 0) and hour.
        chosen: the campaigns and accounts that it is about.
    """

    since: date
    until: date
    zone: ZoneInfo
    runs: list[tuple[CampaignRun, PeriodFigures]]
    labels: list[tuple[Label, PeriodFigures]]
    reasons: list[tuple[str, str, int]]
    days: dict[date, tuple[int, int]]
    hours: list[list[int]]
    accounts: list[tuple[Account, PeriodFigures]] = field(default_factory=list)
    accounts_left_out: int = 0
    chosen: ReportFilter = field(default_factory=ReportFilter)

    @property
    def total(self) -> PeriodFigures:
        """The figures of all runs."""
        return sum((figures for _run, figures in self.runs), PeriodFigures())

    def as_data(self) -> dict[str, Any]:
        """Return the report for JSON. The keys are a public interface."""
        return {
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "timezone": self.zone.key,
            "filter": self.chosen.as_data(),
            "total": self.total.as_data(),
            "runs": [
                {"campaign": run.campaign.name, "run": run.number, "state": run.state}
                | figures.as_data()
                for run, figures in self.runs
            ],
            "labels": [
                {"label": str(label), **figures.as_data()} for label, figures in self.labels
            ],
            "accounts": [
                {"account": account.uin, "name": account.name, **figures.as_data()}
                for account, figures in self.accounts
            ],
            "accounts_left_out": self.accounts_left_out,
            "reasons": [
                {"state": state, "reason": reason, "n": n} for state, reason, n in self.reasons
            ],
            "days": [
                {"day": day.isoformat(), "sent": taken, "other": other}
                for day, (taken, other) in self.days.items()
            ],
            "hours": self.hours,
        }


def report_of_period(
    *,
    since: date,
    until: date,
    chosen: ReportFilter | None = None,
    zone: ZoneInfo | None = None,
) -> PeriodReport:
    """Return the report of the days from `since` to `until`, both included.

    A run belongs to the day on which it was planned, so its figures may grow afterwards. The
    results by day and hour are those that came in the period, whenever their run was planned.

    Args:
        since: the first day.
        until: the last day.
        chosen: the campaigns and accounts that it is about; None: all.
        zone: the time zone of the days; None: that of the installation.

    Raises:
        Refusal: a day is before FIRST_DAY or after LAST_DAY (`day_unknown`), the period is the
            wrong way round (`period_reversed`), longer than MOST_DAYS (`period_long`), or has more
            than MOST_RUNS runs (`runs_many`).
    """
    if not FIRST_DAY <= min(since, until) <= max(since, until) <= LAST_DAY:
        raise Refusal(
            _("Choose days from %(first)s to %(last)s.") % {"first": FIRST_DAY, "last": LAST_DAY},
            code="day_unknown",
        )
    if until < since:
        raise Refusal(
            _("The period ends before it begins: choose a last day after the first."),
            code="period_reversed",
        )
    if (until - since).days >= MOST_DAYS:
        raise Refusal(
            _("The period is longer than %(most)d days: choose a shorter one.")
            % {"most": MOST_DAYS},
            code="period_long",
        )
    zone, chosen = zone or ZoneInfo(timezone.get_default_timezone_name()), chosen or ReportFilter()
    begin, end = _midnight(since, zone), _midnight(until + timedelta(days=1), zone)
    found = figures_of_runs(_runs(begin, end, chosen), accounts=chosen.accounts)
    days, hours = ({}, []) if chosen.accounts else _results(begin, end, zone, chosen)
    return PeriodReport(
        since,
        until,
        zone,
        found.runs,
        _by_label(found.runs),
        found.reasons,
        days,
        hours,
        accounts=found.accounts,
        accounts_left_out=found.left_out,
        chosen=chosen,
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the first moment of a day; where midnight is skipped, the one after the gap."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _runs(begin: datetime, end: datetime, chosen: ReportFilter) -> list[CampaignRun]:
    found = chosen.runs(CampaignRun.objects.filter(planned_at__gte=begin, planned_at__lt=end))
    ordered = found.select_related("campaign").prefetch_related("campaign__labels")
    runs = list(ordered.order_by("-planned_at", "-pk")[: MOST_RUNS + 1])
    if len(runs) > MOST_RUNS:
        raise Refusal(
            _("The period has more than %(most)d runs: choose a shorter one, or fewer campaigns.")
            % {"most": MOST_RUNS},
            code="runs_many",
        )
    return runs


def _by_label(pairs: Iterable[Pair]) -> list[tuple[Label, PeriodFigures]]:
    """Return the figures by label, the one that sent most first."""
    found: dict[Label, PeriodFigures] = {}
    for run, figures in pairs:
        for label in run.campaign.labels.all():
            found[label] = found.get(label, PeriodFigures()) + figures
    return sorted(found.items(), key=lambda one: (-one[1].sent, str(one[0])))


def _results(
    begin: datetime, end: datetime, zone: ZoneInfo, chosen: ReportFilter
) -> tuple[dict[date, tuple[int, int]], list[list[int]]]:
    """Return the results by day and by weekday and hour: at most 96 rows a day and code."""
    minutes = int(begin.timestamp()) // 60, int(end.timestamp()) // 60
    in_period = RunMinute.objects.filter(minute__gte=minutes[0], minute__lt=minutes[1])
    found = chosen.minutes(in_period)
    rows = found.values_list(F("minute") / _QUARTER, "res").annotate(total=Sum("n")).order_by()
    first, last = begin.astimezone(zone).date(), end.astimezone(zone).date()
    days = {first + timedelta(days=n): (0, 0) for n in range((last - first).days)}
    hours = [[0] * 24 for _weekday in range(7)]
    for quarter, res, n in rows:
        at = datetime.fromtimestamp(quarter * _QUARTER * 60, zone)
        taken, other = days.get(at.date(), (0, 0))
        if res == _TAKEN:
            days[at.date()] = (taken + n, other)
            hours[at.weekday()][at.hour] += n
        else:
            days[at.date()] = (taken, other + n)
    return days, hours

"""The figures of all campaigns over a period: runs, labels, accounts, reasons, days and hours.

Everything but the figures by account is read from tallies, replies and results by minute, so a
period with ten million deliveries costs as much as one with a thousand. Those by account are kept
for ended runs: `accounts_of_runs`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Account
from campaigns.models import CampaignRun
from campaigns.reports.accounts_of_runs import accounts_of_runs
from campaigns.reports.reply_figures import reply_rate
from foundation.refusals import Refusal
from labels.models import Label
from retention.models import Removal, Removed
from sending.models import OptDirection, Reply, RunMinute, Tally, TallyKind
from sending.states import DeliveryState

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
class PeriodFigures:
    """The figures of a run, a label or the whole period.

    Attributes:
        states: the number of deliveries by state.
        replied: how many people replied.
        opted_out: how many of them wrote a word to opt out.
    """

    states: Counter[str] = field(default_factory=Counter)
    replied: int = 0
    opted_out: int = 0

    def __add__(self, other: PeriodFigures) -> PeriodFigures:
        return PeriodFigures(
            self.states + other.states,
            self.replied + other.replied,
            self.opted_out + other.opted_out,
        )

    @property
    def targeted(self) -> int:
        """The number of all deliveries."""
        return self.states.total()

    @property
    def sent(self) -> int:
        """The number of people who got the message."""
        return self.states[DeliveryState.SENT]

    @property
    def reply_rate(self) -> float | None:
        """The share of those who got the message that replied; None if nobody got it."""
        return reply_rate(replied=self.replied, sent=self.sent)

    def as_data(self) -> dict[str, Any]:
        """Return the figures for JSON. The keys are a public interface."""
        return {
            "targeted": self.targeted,
            **{state.value: self.states[state] for state in DeliveryState},
            "replied": self.replied,
            "reply_rate": self.reply_rate,
            "opted_out": self.opted_out,
        }


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
        days: by day, the results of its requests: (taken by the gateway, others).
        hours: taken by the gateway, by weekday (Monday is 0) and hour.
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
    label_name: str = ""

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
    *, since: date, until: date, label: Label | None = None, zone: ZoneInfo | None = None
) -> PeriodReport:
    """Return the report of the days from `since` to `until`, both included.

    A run belongs to the day on which it was planned, so its figures may grow afterwards. The
    results by day and hour are those that came in the period, whenever their run was planned.

    Args:
        since: the first day.
        until: the last day.
        label: only campaigns with this label; None: all.
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
    zone = zone or ZoneInfo(timezone.get_default_timezone_name())
    begin, end = _midnight(since, zone), _midnight(until + timedelta(days=1), zone)
    runs = _runs(begin, end, label)
    figures = _figures(runs)
    pairs = [(run, figures.get(run.pk, PeriodFigures())) for run in runs]
    days, hours = _results(begin, end, zone, label)
    accounts, left_out = _by_account(pairs)
    return PeriodReport(
        since,
        until,
        zone,
        pairs,
        _by_label(pairs),
        _reasons(runs),
        days,
        hours,
        accounts=accounts,
        accounts_left_out=left_out,
        label_name=label.name if label is not None else "",
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the first moment of a day; where midnight is skipped, the one after the gap."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _runs(begin: datetime, end: datetime, label: Label | None) -> list[CampaignRun]:
    found: QuerySet[CampaignRun] = CampaignRun.objects.filter(
        planned_at__gte=begin, planned_at__lt=end
    )
    if label is not None:
        found = found.filter(campaign__labels=label)
    ordered = found.select_related("campaign").prefetch_related("campaign__labels")
    runs = list(ordered.order_by("-planned_at", "-pk")[: MOST_RUNS + 1])
    if len(runs) > MOST_RUNS:
        raise Refusal(
            _("The period has more than %(most)d runs: choose a shorter one, or a label.")
            % {"most": MOST_RUNS},
            code="runs_many",
        )
    return runs


def _figures(runs: list[CampaignRun]) -> dict[int, PeriodFigures]:
    """Return the figures of the runs by their keys: four queries, however many runs."""
    keys = [run.pk for run in runs]
    states: dict[int, Counter[str]] = {key: Counter() for key in keys}
    rows = (
        Tally.objects.filter(run__in=keys, kind=TallyKind.STATE)
        .values_list("run", "key")
        .annotate(total=Sum("n"))
        .order_by()
    )
    for run, state, total in rows:
        states[run][state] += total
    replied = _replied(keys)
    words = Q(message__opt_out__direction=OptDirection.OUT, message__opt_out__took_effect=True)
    opted_out = _people(keys, words)
    return {key: PeriodFigures(states[key], replied[key], opted_out[key]) for key in keys}


def _replied(keys: list[int]) -> Counter[int]:
    counted = _people(keys, Q())
    removals = Removal.objects.filter(run_id__in=keys, kind=Removed.DELIVERIES)
    for run, kept in removals.values_list("run_id", "figures"):
        counted[run] = int(kept.get("replied", counted[run]))
    return counted


def _people(keys: list[int], condition: Q) -> Counter[int]:
    """Return by run how many people who got the message replied."""
    rows = (
        Reply.objects.filter(condition, run__in=keys, delivery__state=DeliveryState.SENT)
        .order_by()
        .values_list("run")
        .annotate(n=Count("delivery", distinct=True))
    )
    return Counter(dict(rows))


def _by_label(
    pairs: Iterable[tuple[CampaignRun, PeriodFigures]],
) -> list[tuple[Label, PeriodFigures]]:
    found: dict[Label, PeriodFigures] = {}
    for run, figures in pairs:
        for label in run.campaign.labels.all():
            found[label] = found.get(label, PeriodFigures()) + figures
    return sorted(found.items(), key=lambda one: (-one[1].sent, str(one[0])))


def _by_account(
    pairs: Iterable[tuple[CampaignRun, PeriodFigures]],
) -> tuple[list[tuple[Account, PeriodFigures]], int]:
    """Return the figures by account, the one that sent most first, and how many runs they lack."""
    states = {run.pk: figures.states for run, figures in pairs}
    found = accounts_of_runs(states)
    keys = list(states)
    words = Q(message__opt_out__direction=OptDirection.OUT, message__opt_out__took_effect=True)
    replied, opted_out = _people_by_account(keys, Q()), _people_by_account(keys, words)
    accounts = Account.objects.in_bulk([pk for pk in found.by_account if pk is not None])
    listed = [
        (accounts[pk], PeriodFigures(counts, replied[pk], opted_out[pk]))
        for pk, counts in found.by_account.items()
        if pk in accounts
    ]
    return sorted(listed, key=lambda one: (-one[1].sent, one[0].uin)), found.left_out


def _people_by_account(keys: list[int], condition: Q) -> Counter[int | None]:
    rows = (
        Reply.objects.filter(condition, run__in=keys, delivery__state=DeliveryState.SENT)
        .order_by()
        .values_list("delivery__account_id")
        .annotate(n=Count("delivery", distinct=True))
    )
    return Counter(dict(rows))


def _reasons(runs: list[CampaignRun]) -> list[tuple[str, str, int]]:
    rows = (
        Tally.objects.filter(run__in=[run.pk for run in runs], kind=TallyKind.REASON)
        .values_list("key")
        .annotate(total=Sum("n"))
        .order_by()
    )
    found = []
    for key, total in rows:
        state, _colon, reason = key.partition(":")
        if total and state != DeliveryState.PENDING:
            found.append((state, reason, total))
    return sorted(found, key=lambda one: (-one[2], one[:2]))


def _results(
    begin: datetime, end: datetime, zone: ZoneInfo, label: Label | None
) -> tuple[dict[date, tuple[int, int]], list[list[int]]]:
    """Return the results by day and by weekday and hour: at most 96 rows a day and code."""
    minutes = int(begin.timestamp()) // 60, int(end.timestamp()) // 60
    found = RunMinute.objects.filter(minute__gte=minutes[0], minute__lt=minutes[1])
    if label is not None:
        found = found.filter(run__campaign_run__campaign__labels=label)
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

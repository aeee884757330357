"""The rule of a repeated campaign, and its dates.

`daily@09:00`, `weekly@mon,thu 09:00`, `monthly@1 09:00`, `cron@0 9 * * 1-5`, in the campaign's time
zone. When the clocks change: a time that they skip moves to the first moment after the gap, a time
that they show twice counts the first time. A month without the day uses its last day.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from foundation.weekly import DAYS, read_days
from foundation.zones import DAY, first_moment

Kind = Literal["daily", "weekly", "monthly", "cron"]
#: Characters of a rule, as wide as its column.
LONGEST_RULE = 200
#: Years ahead in which dates are looked for: a cron line may name one that is rare.
FARTHEST_YEARS = 9
_EXAMPLES = "daily@09:00, weekly@mon,thu 09:00, monthly@1 09:00, cron@0 9 * * 1-5"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as data.

    Attributes:
        kind: which of the four.
        at: the time of day; unused for cron.
        weekdays: the days of weekly, Monday as 0.
        day: the day of the month of monthly, 1 to 31.
        cron: the cron line.
    """

    kind: Kind
    at: time = time(9)
    weekdays: tuple[int, ...] = ()
    day: int = 1
    cron: str = ""

    def __str__(self) -> str:
        """Return the rule as it is stored."""
        clock = self.at.isoformat("minutes")
        if self.kind == "cron":
            return f"cron@{self.cron}"
        if self.kind == "weekly":
            return f"weekly@{','.join(DAYS[day] for day in self.weekdays)} {clock}"
        return f"daily@{clock}" if self.kind == "daily" else f"monthly@{self.day} {clock}"

    def dates(self, *, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
        """Yield the moments of the rule strictly after a moment, in UTC, earliest first.

        They end after FARTHEST_YEARS.
        """
        last = after
        for moment in self._all(zone, after.astimezone(zone)):
            if moment > last:
                yield moment
                last = moment

    def _all(self, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
        if self.kind == "cron":
            yield from _cron_dates(self.cron, zone, after)
            return
        if after.year >= date.max.year - FARTHEST_YEARS - 1:
            return
        day, end = after.date() - DAY, date(after.year + FARTHEST_YEARS, 1, 1)
        while day < end:
            if self._includes(day):
                moment = first_moment(day, self.at, zone=zone)
                if moment is not None:
                    yield moment
            day += DAY

    def _includes(self, day: date) -> bool:
        if self.kind == "weekly":
            return day.weekday() in self.weekdays
        if self.kind == "monthly":
            return day.day == min(self.day, calendar.monthrange(day.year, day.month)[1])
        return True


def read_rule(text: str) -> Rule:
    """Return the rule that a text describes.

    Raises:
        Refusal: it cannot be read, or has no date (`repeat_malformed`).
    """
    kind, at, rest = text.strip().partition("@")
    kind, rest = kind.strip().lower(), " ".join(rest.replace("：", ":").split())
    if not at or len(text) > LONGEST_RULE or not text.isprintable():
        raise _malformed(text)
    if kind == "daily":
        return Rule("daily", _read_clock(rest, text))
    if kind == "weekly":
        days, _blank, clock = rest.rpartition(" ")
        return Rule("weekly", _read_clock(clock, text), weekdays=_read_weekdays(days, text))
    if kind == "monthly":
        day, _blank, clock = rest.partition(" ")
        if not (day.isascii() and day.isdigit() and len(day) <= 2 and 1 <= int(day) <= 31):
            raise _malformed(text)
        return Rule("monthly", _read_clock(clock, text), day=int(day))
    if kind == "cron":
        return _read_cron(rest)
    raise _malformed(text)


def _read_clock(text: str, whole: str) -> time:
    try:
        at = time.fromisoformat(text)
    except ValueError:
        raise _malformed(whole) from None
    if at.tzinfo is not None or at.second or at.microsecond:
        raise _malformed(whole)
    return at


def _read_weekdays(text: str, whole: str) -> tuple[int, ...]:
    try:
        return tuple(sorted(read_days(text.replace(" ", ","), whole=whole)))
    except Refusal as refusal:
        raise Refusal(refusal.sentence, code="repeat_malformed", repeat=whole[:100]) from None


def _read_cron(line: str) -> Rule:
    try:
        if len(line.split()) != 5 or not line.isascii():
            raise CronSimError
        next(CronSim(line, datetime(2024, 1, 1, tzinfo=UTC)))
    except (CronSimError, StopIteration, ValueError, OverflowError):
        raise Refusal(
            _(
                "The cron line “%(line)s” cannot be read, or has no date: write minute, hour, day, "
                "month and weekday, like 0 9 * * 1-5."
            )
            % {"line": line[:100]},
            code="repeat_malformed",
            repeat=line[:100],
        ) from None
    return Rule("cron", cron=line.upper())


def _cron_dates(line: str, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """Yield the dates of a cron line: by the wall clock if it fixes the hour, else as time elapses.

    CronSim would count a line like `*/30 2 * * *` as time elapses: never on a day whose clocks skip
    that hour, and twice as often on one whose clocks repeat it.
    """
    # Earlier, because CronSim counts by the wall clock, which may have been set back just before.
    start = after - timedelta(hours=2)
    is_fixed_hour = not line.split()[1].startswith("*")
    for at in CronSim(line, start.replace(tzinfo=None) if is_fixed_hour else start):
        if at.year > after.year + FARTHEST_YEARS:
            return
        moment = first_moment(at.date(), at.time(), zone=zone) if is_fixed_hour else at
        if moment is not None:
            yield moment.astimezone(UTC)


def _malformed(text: str) -> Refusal:
    return Refusal(
        _("The repetition “%(text)s” cannot be read: write it like one of these: %(examples)s.")
        % {"text": text[:100], "examples": _EXAMPLES},
        code="repeat_malformed",
        repeat=text[:100],
    )

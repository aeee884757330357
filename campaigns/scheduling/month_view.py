"""Months as a calendar: on which days a campaign starts, and on which hours of each it may send."""

from __future__ import annotations

from calendar import Calendar
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from campaigns.models import HolidayCalendar
from sending.runs.windows import SendingTimes

#: Months that are shown: this one and the next.
SHOWN_MONTHS = 2


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a month.

    Args:
        date: the day; None for a gap before or after the month.
        starts: how often the campaign starts on it.
        hours: the hours in which it may send, like 09:00-11:30; "" if at none.
        is_whole: whether it may send all day.
        is_past: whether the day is over.
        is_today: whether it is today.
        holiday: the name of its holiday; "" if it is none.
    """

    date: date | None
    starts: int = 0
    hours: str = ""
    is_whole: bool = False
    is_past: bool = False
    is_today: bool = False
    holiday: str = ""


@dataclass(frozen=True, slots=True)
class Month:
    """One month, as weeks of seven days; Monday is the first."""

    first: date
    weeks: list[list[Day]]


def months_of(
    *,
    dates: Iterable[datetime],
    times: SendingTimes,
    zone: str,
    holidays: HolidayCalendar | None,
    now: datetime,
) -> list[Month]:
    """Return this month and the next, in the campaign's time zone.

    Args:
        dates: when the campaign starts.
        times: when it may send.
        zone: its time zone.
        holidays: its holiday calendar.
        now: the present.
    """
    local = ZoneInfo(zone)
    today = now.astimezone(local).date()
    starts = Counter(at.astimezone(local).date() for at in dates)
    first = today.replace(day=1)
    firsts = [first]
    while len(firsts) < SHOWN_MONTHS:
        firsts.append((firsts[-1] + timedelta(days=32)).replace(day=1))
    end = (firsts[-1] + timedelta(days=32)).replace(day=1)
    names = _holiday_names(holidays, since=first, until=end)
    hours = _hours_by_day(times, local, since=today, until=end)
    return [
        Month(
            month,
            [
                [_day(one, month, today, starts, hours, names) for one in week]
                for week in Calendar().monthdatescalendar(month.year, month.month)
            ],
        )
        for month in firsts
    ]


def _day(
    one: date,
    month: date,
    today: date,
    starts: Counter[date],
    hours: dict[date, list[str]],
    names: dict[date, str],
) -> Day:
    if one.month != month.month:
        return Day(None)
    spans = hours.get(one, [])
    return Day(
        date=one,
        starts=starts[one],
        hours=", ".join(spans),
        is_whole=spans == ["00:00-24:00"],
        is_past=one < today,
        is_today=one == today,
        holiday=names.get(one, ""),
    )


def _hours_by_day(
    times: SendingTimes, zone: ZoneInfo, *, since: date, until: date
) -> dict[date, list[str]]:
    """Return the open hours of each day in words, those over midnight in two parts."""
    found: dict[date, list[str]] = {}
    begin, end = (datetime.combine(day, time(), zone) for day in (since, until))
    for opens, closes in times.spans(since=begin, until=end):
        opens, closes = opens.astimezone(zone), closes.astimezone(zone)
        while opens < closes:
            midnight = datetime.combine(opens.date() + timedelta(days=1), time(), zone)
            ends = min(closes, midnight)
            last = "24:00" if ends == midnight else f"{ends:%H:%M}"
            found.setdefault(opens.date(), []).append(f"{opens:%H:%M}-{last}")
            opens = ends
    return found


def _holiday_names(
    holidays: HolidayCalendar | None, *, since: date, until: date
) -> dict[date, str]:
    if holidays is None:
        return {}
    rows = holidays.dates.filter(date__gte=since, date__lt=until, kind="holiday")
    return {one.date: one.name or holidays.name for one in rows}

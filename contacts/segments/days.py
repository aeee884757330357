"""The days that a condition on dates means, counted from today."""

from __future__ import annotations

from datetime import date, timedelta

from foundation.refusals import Refusal
from foundation.sentences import Sentence as _


def days_before(today: date, days: float) -> date:
    """Return the day `days` days before today; the first possible day if that is too far back."""
    return _shifted(today, -days)


def days_after(today: date, days: float) -> date:
    """Return the day `days` days after today; the last possible day if that is too far ahead."""
    return _shifted(today, days)


def years_before(today: date, years: float) -> date:
    """Return the same day `years` years before; 28 February if there is no 29th.

    Raises:
        Refusal: the years are not a whole number.
    """
    if years != int(years):
        raise Refusal(_("A number of years is a whole number."), code="bad_amount")
    year = today.year - int(years)
    if year < 1:
        return date.min
    day = 28 if (today.month, today.day) == (2, 29) and not is_leap(year) else today.day
    return date(year, today.month, day)


def week_of(today: date) -> tuple[date, date]:
    """Return the Monday and the Sunday of a day's week."""
    monday = today - timedelta(days=today.weekday())
    return monday, monday + timedelta(days=6)


def birthdays_between(first: date, last: date) -> list[str]:
    """Return the months and days, like "02-29", of the birthdays from one day to another.

    People born on 29 February have their birthday on the 28th in a year without a 29th.
    """
    if (last - first).days >= 366:
        first, last = date(2024, 1, 1), date(2024, 12, 31)  # every day of a leap year
    found: dict[str, None] = {}
    day = first
    while True:
        found[f"{day:%m-%d}"] = None
        if (day.month, day.day) == (2, 28) and not is_leap(day.year):
            found["02-29"] = None
        if day >= last:
            return list(found)
        day += timedelta(days=1)


def is_leap(year: int) -> bool:
    """Return whether a year has a 29 February."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _shifted(day: date, days: float) -> date:
    number = min(max(day.toordinal() + int(days), date.min.toordinal()), date.max.toordinal())
    return date.fromordinal(number)

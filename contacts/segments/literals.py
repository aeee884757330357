"""The numbers and dates that operators write in conditions."""

from __future__ import annotations

import re
from datetime import date

from contacts.segments.slots import shown
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _

#: A number that a double holds exactly enough: at most 15 digits before the point and 9 behind.
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,9})?", re.ASCII)
_DATE = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})", re.ASCII)


def number_in(text: str) -> float | None:
    """Return the number that a text is, None if it is none."""
    return float(text) if _NUMBER.fullmatch(text.strip()) else None


def date_in(text: str) -> date | None:
    """Return the date that a text is, None if it is none."""
    found = _DATE.fullmatch(text.strip())
    if found is None:
        return None
    try:
        return date(*(int(part) for part in found.groups()))
    except ValueError:
        return None


def number_of(text: str) -> float:
    """Return a number.

    Raises:
        Refusal: the text is no number, or one with too many digits.
    """
    number = number_in(text)
    if number is None:
        raise Refusal(
            _("“%(value)s” is not a number, like 18 or 2.5, of at most 15 digits.")
            % {"value": shown(text)},
            code="not_a_number",
        )
    return number


def date_of(text: str) -> date:
    """Return a date.

    Raises:
        Refusal: the text is no date.
    """
    found = date_in(text)
    if found is None:
        raise Refusal(
            _("“%(value)s” is not a date, like 2026-03-01.") % {"value": shown(text)},
            code="not_a_date",
        )
    return found


def order_of(texts: list[str]) -> list[float] | list[date]:
    """Return texts as numbers, or as dates if all of them are dates.

    Raises:
        Refusal: a text is neither a number nor a date, or they are mixed.
    """
    dates = [found for text in texts if (found := date_in(text)) is not None]
    if len(dates) == len(texts):
        return dates
    numbers = [number for text in texts if (number := number_in(text)) is not None]
    if len(numbers) == len(texts):
        return numbers
    wrong = next((t for t in texts if number_in(t) is None), texts[0])
    raise Refusal(
        _("“%(value)s” is neither a number, like 18 or 2.5, nor a date, like 2026-03-01.")
        % {"value": shown(wrong)},
        code="not_a_number",
    )

"""Read the numbers and dates in conditions, in the same way as the values of attributes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from contacts.segments.characters import shown
from contacts.typed_values.dates import read_date
from contacts.typed_values.numbers import read_number
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _


def number_of(text: str) -> float:
    """Return a number.

    Raises:
        Refusal: the text is not a number, or has too many digits.
    """
    number = read_number(text)
    if number is None:
        raise Refusal(
            _("“%(value)s” is not a number, like 18 or 2.5, of at most 15 digits.")
            % {"value": shown(text)},
            code="not_a_number",
        )
    return float(number)


def date_of(text: str, order: str = "") -> date:
    """Return a date.

    Args:
        text: the date as people write it.
        order: the order of a date such as 3/1/26, see `read_date`.

    Raises:
        Refusal: the text is not a date.
    """
    found = _date_in(text, order)
    if found is None:
        raise Refusal(
            _("“%(value)s” is not a date, like 2026-03-01.") % {"value": shown(text)},
            code="not_a_date",
        )
    return found


def limits_of(texts: Sequence[str]) -> list[float] | list[date]:
    """Return the limits with which an attribute without a type is compared: numbers, or dates.

    Raises:
        Refusal: a text is neither a number nor a date, or they are mixed.
    """
    numbers = [number for text in texts if (number := read_number(text)) is not None]
    if len(numbers) == len(texts):
        return [float(number) for number in numbers]
    dates = [found for text in texts if (found := _date_in(text)) is not None]
    if len(dates) == len(texts):
        return dates
    wrong = next((text for text in texts if read_number(text) is None), texts[0])
    raise Refusal(
        _("“%(value)s” is neither a number, like 18 or 2.5, nor a date, like 2026-03-01.")
        % {"value": shown(wrong)},
        code="not_a_number",
    )


def _date_in(text: str, order: str = "") -> date | None:
    found = read_date(text, order)
    return date.fromisoformat(found[:10]) if found else None

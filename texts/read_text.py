"""Texts that were read as a number, a date or yes or no, and plain texts that are numbers."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeGuard

#: Characters of a text that is looked at as a number; `ReadText` is not longer either.
LONGEST_READ = 40
_NUMBER = re.compile(r"\s{0,9}[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,2})?\s{0,9}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class ReadText(str):
    """What people wrote, with what it was read as. It is printed as it was written.

    Attributes:
        reading: a number, an ISO date (and time), or true or false.
    """

    __slots__ = ("reading",)

    reading: Any

    def __liquid__(self) -> Any:
        """Return the value that conditions test, so that a "no" counts as false."""
        return self.reading if type(self.reading) is bool else str(self)


def read_text(text: str, reading: Any) -> str:
    """Return a text with its reading, or the plain text if it is too long to have one."""
    if len(text) > LONGEST_READ:
        return text
    made = ReadText(text)
    made.reading = reading
    return made


def number_in(text: str) -> int | float | None:
    """Return the number in a plain text such as "0.8"; None if the text is not a number."""
    if len(text) > LONGEST_READ or not _NUMBER.fullmatch(text):
        return None
    try:
        return int(text)
    except ValueError:
        return float(text)


def plain_text(value: Any) -> Any:
    """Return a text without its reading, for a filter that works on texts."""
    return str(value) if type(value) is ReadText else value


def for_numbers(value: Any) -> Any:
    """Return the number of a text for a filter that works on numbers; other values as they are."""
    if type(value) is ReadText:
        return value.reading if is_number(value.reading) else str(value)
    return value


def for_dates(value: Any) -> Any:
    """Return the date of a text for the filter `date`; other values as they are."""
    if type(value) is not ReadText:
        return value
    if type(value.reading) is str:
        return datetime.fromisoformat(value.reading)
    return str(value)


def comparable(left: Any, right: Any) -> tuple[Any, Any]:
    """Return two values as one type, if one of them has a reading or both are numbers."""
    if type(left) is ReadText and type(right) is ReadText:
        one, other = left.reading, right.reading
        is_one_type = type(one) is type(other) or (is_number(one) and is_number(other))
        return (one, other) if is_one_type else (str(left), str(right))
    if isinstance(left, str) and not isinstance(right, ReadText):
        return _beside(left, right)
    if isinstance(right, str):
        one, other = _beside(right, left)
        return other, one
    return left, right


def _beside(text: str, value: Any) -> tuple[Any, Any]:
    """Return a text and a value without a reading, in a form in which they can be compared."""
    reading = text.reading if type(text) is ReadText else None
    if is_number(value):
        if is_number(reading):
            return reading, value
        number = number_in(text)
        return (str(text) if number is None else number), value
    if type(value) is bool:
        return (reading if type(reading) is bool else str(text)), value
    if type(value) is str and reading is not None:
        if type(reading) is str and _DAY.match(value):
            return reading, value.replace(" ", "T", 1)
        number = number_in(value) if is_number(reading) else None
        return (str(text), value) if number is None else (reading, number)
    return (str(text) if reading is not None else text), value


def is_number(value: Any) -> TypeGuard[int | float | Decimal]:
    """Return whether a value is a number; true and false are not numbers here."""
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)

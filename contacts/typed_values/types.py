"""The types that an attribute can have, how they are written, and the reading of its values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, TypeAlias

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from contacts.typed_values.dates import ORDERS, read_date
from contacts.typed_values.numbers import read_number
from contacts.typed_values.yes_no import read_yes_no
from foundation.refusals import Refusal
from foundation.sentences import Sentence

#: What a value was read as: a number, an ISO date, or true or false.
Reading: TypeAlias = int | float | str | bool


class AttributeType(TextChoices):
    """What the values of an attribute are."""

    TEXT = "text", _("plain text")
    NUMBER = "number", _("a number")
    DATE = "date", _("a date")
    YES_NO = "yes_no", _("yes or no")


class DateOrder(TextChoices):
    """The order of a date such as 3/1/26."""

    YMD = "ymd", _("year, month, day")
    DMY = "dmy", _("day, month, year")
    MDY = "mdy", _("month, day, year")


@dataclass(frozen=True, slots=True)
class ValueType:
    """The type of an attribute.

    Attributes:
        kind: an AttributeType; "" if none was chosen: the values are then texts.
        order: a DateOrder, for dates that leave it open; "" if such dates cannot be read.
    """

    kind: str = ""
    order: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.order}" if self.order else str(self.kind)

    @property
    def is_read(self) -> bool:
        """Whether values are read as something other than text."""
        return self.kind not in ("", AttributeType.TEXT)


def type_named(words: str) -> ValueType:
    """Return the type that is written as "number" or "date:dmy".

    Raises:
        Refusal: there is no such type.
    """
    kind, _colon, order = words.strip().lower().replace("/", "_").partition(":")
    is_known = kind in AttributeType.values and (
        not order or (kind == AttributeType.DATE and order in ORDERS)
    )
    if not is_known:
        raise Refusal(
            Sentence("There is no type %(words)s. There are: %(types)s.")
            % {
                "words": words[:100],
                "types": "text, number, date, date:ymd, date:dmy, date:mdy, yes_no",
            },
            code="no_such_type",
        )
    return ValueType(kind, order)


@lru_cache(maxsize=64)
def reader_of(value_type: ValueType) -> Callable[[str], Reading | None] | None:
    """Return the function that reads a value of a type, with a cache; None for text.

    The cache is useful because the values of a column recur.
    """
    read: Callable[[str], Any]
    if value_type.kind == AttributeType.NUMBER:
        read = read_number
    elif value_type.kind == AttributeType.DATE:
        read = partial(read_date, order=value_type.order)
    elif value_type.kind == AttributeType.YES_NO:
        read = read_yes_no
    else:
        return None
    return lru_cache(maxsize=4096)(read)


def read_value(value_type: ValueType, value: Any) -> Reading | None:
    """Return a stored value as its type; None for the type text, and if it cannot be read."""
    read = reader_of(value_type)
    if read is None:
        return None
    if isinstance(value, bool):
        return value if value_type.kind == AttributeType.YES_NO else None
    if isinstance(value, int | float):
        value = str(value)
    return read(value) if isinstance(value, str) else None


def readings_of(attributes: Any, types: Mapping[str, ValueType]) -> dict[str, Reading] | None:
    """Return the readings of one person's attributes by name; None if nothing was read."""
    if not isinstance(attributes, dict):
        return None
    found = {}
    for name, value_type in types.items():
        if name in attributes:
            reading = read_value(value_type, attributes[name])
            if reading is not None:
                found[name] = reading
    return found or None

"""Reading dates as people write them: 2026年3月1日, 2026/03/01, 20260301, 1.3.2026, 3/1/26."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, time

from contacts.typed_values.characters import plain

#: The most characters of a date.
LONGEST = 40
#: The orders of a date whose parts are all of one or two digits, and the default: none is known.
ORDERS = ("ymd", "dmy", "mdy")
#: Years of two digits up to this one are in this century, as in spreadsheets.
LAST_SHORT_YEAR = 29

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TIME = re.compile(
    r"(?P<half>上午|下午)?\s?(?P<hour>[0-9]{1,2})(?:[:时点](?P<minute>[0-9]{1,2})?分?)"
    r"(?::?(?P<second>[0-9]{1,2})秒?(?:\.[0-9]{1,9})?)?\s?(?P<half2>[aApP][mM])?"
    r"(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_WHOLE = re.compile(
    r"(?P<day>[0-9]{4}年[0-9]{1,2}月[0-9]{1,2}[日号]?"
    r"|[0-9]{1,4}(?P<sign>[-/.])[0-9]{1,2}(?P=sign)[0-9]{1,4}|[0-9]{8}"
    r"|[0-9]{1,2}[- ][A-Za-z]{3,9}[- ,]\s?[0-9]{2,4})"
    r"(?:(?:T|\s{1,3})(?P<time>.+)|(?<=[日号])(?P<time2>.+))?"
)
_PARTS = re.compile(r"[0-9]+|[A-Za-z]+")


def read_date(text: str, order: str = "") -> str | None:
    """Return the date that a text means in ISO form, with its time if it has one; else None.

    The zone of a time is ignored: the time is kept as it was written.

    Args:
        text: what people wrote.
        order: "ymd", "dmy" or "mdy", for dates such as 3/1/26. With "" such a text is a date only
            if just one order makes it one.
    """
    found = _WHOLE.fullmatch(plain(text)) if len(text) <= LONGEST else None
    if found is None:
        return None
    days = set(_days(found["day"], order))
    if len(days) != 1:
        return None
    day = days.pop().isoformat()
    words = found["time"] or found["time2"]
    if not words:
        return day
    moment = _time(words.strip())
    return None if moment is None else f"{day}T{moment.isoformat()}"


def possible_orders(text: str) -> set[str]:
    """Return the orders in which a text is a date."""
    return {order for order in ORDERS if read_date(text, order)}


def _days(words: str, order: str) -> Iterator[date]:
    """Yield the days that the words may mean."""
    parts = _PARTS.findall(words)
    if len(parts) == 1:  # 20260301
        parts = [words[:4], words[4:6], words[6:]]
    first, middle, last = parts
    if middle.isalpha():  # 1-Mar-26
        month = middle.lower()
        number = next((n for n, name in enumerate(_MONTHS, 1) if _is_month(month, name)), 0)
        yield from _day(last, str(number), first)
    elif len(first) == 4:
        yield from _day(first, middle, last)
    elif len(first) <= 2:
        orders: tuple[str, ...] = (order,) if order else ORDERS
        if len(last) == 4:
            orders = ("dmy", "mdy") if order in ("", "ymd") else orders
            if "." in words and order in ("", "ymd"):
                orders = ("dmy",)
        elif len(last) != 2 and order != "ymd" and not (order == "" and len(last) == 1):
            return
        for possible in orders:
            in_order = dict(zip(possible, parts, strict=True))
            yield from _day(in_order["y"], in_order["m"], in_order["d"])


def _is_month(word: str, name: str) -> bool:
    full = date(2000, _MONTHS.index(name) + 1, 1)
    return word == name or (word.startswith(name) and word == _FULL_MONTHS[full.month - 1])


_FULL_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip


def _day(year: str, month: str, day: str) -> Iterator[date]:
    if len(year) not in (2, 4) or len(day) > 2 or len(month) > 2:
        return
    number = int(year)
    if len(year) == 2:
        number += 2000 if number <= LAST_SHORT_YEAR else 1900
    try:
        yield date(number, int(month), int(day))
    except ValueError:
        return


def _time(words: str) -> time | None:
    found = _TIME.fullmatch(words)
    if found is None:
        return None
    hour = int(found["hour"])
    half = (found["half"] or found["half2"] or "").lower()
    if half and not 1 <= hour <= 12:
        return None
    if half in ("下午", "pm"):
        hour = hour % 12 + 12
    elif half in ("上午", "am"):
        hour %= 12
    try:
        return time(hour, int(found["minute"] or 0), int(found["second"] or 0))
    except ValueError:
        return None

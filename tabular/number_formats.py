"""Numbers as their cells show them: dates, times, durations, percentages, leading zeros.

A spreadsheet stores a number and a format. Only the kind of value is taken from the format: dates
become ISO dates, and no digit is lost because the format shows fewer.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

DATE, TIME, DURATION, PERCENT, ZEROS = "date", "time", "duration", "percent", "zeros:"

# The built-in formats, which files refer to by number alone. 34, 35, 55 and 56 are times in Chinese
# and dates in Japanese; treated as dates, both come out right.
_BUILT_IN = {
    **dict.fromkeys([*range(14, 18), 22, *range(27, 32), *range(34, 37), *range(50, 59)], DATE),
    **dict.fromkeys([*range(18, 22), 32, 33, 45, 47], TIME),
    **dict.fromkeys([9, 10], PERCENT),
    46: DURATION,
}
_DURATION = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_DATE = re.compile(r"[ymdhs年月日]", re.IGNORECASE)
_DAY = re.compile(r"[yd年月日]", re.IGNORECASE)
_CLOCK = re.compile(r"[hs]", re.IGNORECASE)
#: Literal text and directives in a format code, which say nothing about the kind.
_NOT_CODE = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.')
_ZEROS = re.compile(r"0{2,40}")
#: Significant digits that a spreadsheet shows and computes with; files may contain more.
_DIGITS = 15
_LONGEST_CODE = 1_000


def kind_of_format(number: int, code: str | None = None) -> str:
    """Return the kind of value that a number format shows.

    Args:
        number: the format's number in the file.
        code: the format's code in the file ("yyyy-mm-dd"); None: it is built in.

    Returns:
        DATE, TIME, DURATION, PERCENT, or ZEROS followed by the number of digits; "" for a number.
    """
    if code is None:
        return _BUILT_IN.get(number, "")
    # The first section of a code is for positive numbers, and the only one that is used.
    code = code[:_LONGEST_CODE]
    bare = _NOT_CODE.sub("", code).partition(";")[0]
    if _DURATION.search(code):
        return DURATION
    if _DATE.search(bare) and not re.fullmatch(r"General|Standard", bare.strip(), re.IGNORECASE):
        return TIME if _CLOCK.search(bare) and not _DAY.search(bare) else DATE
    if "%" in bare:
        return PERCENT
    zeros = _ZEROS.fullmatch(code.partition(";")[0])
    return f"{ZEROS}{len(zeros[0])}" if zeros else ""


def shown_number(value: str, kind: str, *, is_1904: bool = False) -> str:
    """Return a number as its cell shows it.

    Args:
        value: the number as it is written in the file.
        kind: the result of `kind_of_format`.
        is_1904: whether days count from 1904, as in files of Excel on a Macintosh.

    Returns:
        The text; `value` unchanged if it is not a number, or no valid date.
    """
    if not kind:
        return plain_number(value)
    try:
        number = float(value)
    except ValueError:
        return value
    try:
        if kind == DATE:
            return _as_date(number, is_1904)
        if kind == TIME:
            return _as_clock(round(number % 1 * 86_400) % 86_400, 2) if number >= 0 else value
        if kind == DURATION:
            seconds = round(number * 86_400)
            return ("-" if seconds < 0 else "") + _as_clock(abs(seconds), 1)
    except (ValueError, OverflowError):
        return value
    if kind == PERCENT:
        return f"{number * 100:.{_DIGITS}g}%" if abs(number) < 1e12 else value
    text = plain_number(value)
    return text.zfill(int(kind.removeprefix(ZEROS))) if text.isdecimal() else text


def plain_number(value: str) -> str:
    """Return a number without digits that a cell does not show.

    A whole number loses its fraction and exponent (1.0 is 1, 1E3 is 1000). Digits beyond the
    fifteenth, which are errors of binary fractions, are dropped (0.30000000000000004 is 0.3).
    """
    if not value or value.isdecimal():
        return value
    try:
        number = float(value)
        is_whole = abs(number) < 1e15 and number == int(number)
    except (ValueError, OverflowError):
        return value
    if is_whole:
        return str(int(number))
    if len(value) <= _DIGITS or not 1e-4 <= abs(number) < 1e15:
        return value
    return f"{number:.{_DIGITS}g}"


def _as_date(number: float, is_1904: bool) -> str:
    """Return an ISO date, with the time unless that is midnight; of day 0 only the time."""
    if 0 <= number < 1 and not is_1904:
        return _as_clock(round(number * 86_400) % 86_400, 2)
    # Spreadsheets count a 29th of February 1900, which did not exist.
    zero = datetime(1904, 1, 1) if is_1904 else datetime(1899, 12, 31 if number < 60 else 30)
    moment = zero + timedelta(seconds=round(number * 86_400))
    if moment.hour or moment.minute or moment.second:
        return moment.isoformat(sep=" ")
    return moment.date().isoformat()


def _as_clock(seconds: int, width: int) -> str:
    hours, rest = divmod(seconds, 3_600)
    return f"{hours:0{width}}:{rest // 60:02}:{rest % 60:02}"

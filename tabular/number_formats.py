"""Numbers as their cells show them: dates, times, durations, percentages, leading zeros.

A spreadsheet keeps a number and a format. The format says only what kind of thing the number is:
dates become ISO dates, and no digit is lost to a format that shows fewer.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

DATE, TIME, DURATION, PERCENT, ZEROS = "date", "time", "duration", "percent", "zeros:"

# The formats that a file names by number alone. 34, 35, 55 and 56 are times in Chinese and dates in
# Japanese: as dates they come out right for both.
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
#: What is shown as it is, or does not show at all.
_NOT_CODE = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.')
_ZEROS = re.compile(r"0{2,40}")
#: A spreadsheet shows, and computes with, so many digits; programs write more.
_DIGITS = 15
_LONGEST_CODE = 1_000


def kind_of_format(number: int, code: str | None = None) -> str:
    """Return what a cell's format makes of its number: a kind above, or "".

    Args:
        number: the format's number in the file.
        code: what the file says the format is ("yyyy-mm-dd"); None: it is a built-in one.
    """
    if code is None:
        return _BUILT_IN.get(number, "")
    # The first part is for what is above zero; the others for the rest.
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
        value: the number, as the file has it.
        kind: what `kind_of_format` says.
        is_1904: days are counted from 1904, as Excel on a Macintosh did.
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
    """Return a number without what a cell would not show.

    The fraction of a whole number is left out (1.0 is 1, 1E3 is 1000), and digits beyond the
    fifteenth, which come from counting in twos (0.30000000000000004 is 0.3).
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
    """Return ISO date and time; a date of the year 0 is a time of the day alone."""
    if 0 <= number < 1 and not is_1904:
        return _as_clock(round(number * 86_400) % 86_400, 2)
    # A spreadsheet believes in the 29th of February 1900.
    zero = datetime(1904, 1, 1) if is_1904 else datetime(1899, 12, 31 if number < 60 else 30)
    moment = zero + timedelta(seconds=round(number * 86_400))
    if moment.hour or moment.minute or moment.second:
        return moment.isoformat(sep=" ")
    return moment.date().isoformat()


def _as_clock(seconds: int, width: int) -> str:
    hours, rest = divmod(seconds, 3_600)
    return f"{hours:0{width}}:{rest // 60:02}:{rest % 60:02}"

"""Filters that replace those of the library, which would take too much time or memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from liquid.builtin.filters.misc import date as date_of_library
from liquid.exceptions import FilterArgumentError
from liquid.filter import string_filter

from texts.bounds import LONGEST_DATE


def date(value: Any, *arguments: Any, now: datetime | None = None, **named: Any) -> Any:
    """Return a date in a format. A text that is too long to be a date is returned unchanged.

    Args:
        value: a date, a text, or seconds since 1970.
        now: what "now" and "today" are, and the time zone of seconds; None: the process's own.
    """
    if isinstance(value, str) and len(value) > LONGEST_DATE:
        return value
    if now is not None:
        value = _at(value, now)
    if isinstance(value, datetime) and len(arguments) == 1 and isinstance(arguments[0], str):
        # The library keeps dates that it read, and takes equal moments in two zones for the same.
        try:
            return value.strftime(arguments[0])
        except ValueError as problem:
            raise FilterArgumentError(str(problem), token=None) from None
    return date_of_library(value, *arguments, **named)


def _at(value: Any, now: datetime) -> Any:
    """Return the moment that a value names relative to `now` or in its time zone, or the value."""
    if isinstance(value, str) and value in ("now", "today"):
        return now
    is_number = isinstance(value, str) and value.isascii() and value.isdigit()
    if is_number or (isinstance(value, int) and not isinstance(value, bool)):
        try:
            return datetime.fromtimestamp(int(value), tz=now.tzinfo)
        except (ValueError, OverflowError, OSError):
            return value
    return value


_TAG_START = re.compile(r"<(?=[A-Za-z/!?])")
#: The beginning and the end of scripts, styles and comments. Any other tag ends with ">".
_HTML_ENDS = (
    (re.compile(r"<script\b", re.I), re.compile(r"</script\s{0,9}>", re.I)),
    (re.compile(r"<style\b", re.I), re.compile(r"</style\s{0,9}>", re.I)),
    (re.compile(r"<!--"), re.compile(r"-->")),
)
_HTML_END = re.compile(">")


@string_filter
def strip_html(value: str, **_named: Any) -> str:
    """Return a text without HTML tags, scripts, styles and comments. It reads the text once.

    The library uses Python's parser, which starts again after each tag that is not closed.
    """
    return "".join(_outside_html(value))


def _outside_html(value: str) -> Iterator[str]:
    at, missing = 0, set()
    while (start := _TAG_START.search(value, at)) is not None:
        yield value[at : start.start()]
        end = None
        for begin, ends in (*_HTML_ENDS, (_TAG_START, _HTML_END)):
            if ends not in missing and begin.match(value, start.start()):
                end = ends.search(value, start.start())
                if end is not None:
                    break
                missing.add(ends)
        if end is None:
            at = start.start()
            break
        at = end.end()
    yield value[at:]

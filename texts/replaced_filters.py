"""Filters that replace those of the library, which would take too much time or memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from liquid.builtin.filters.misc import date as date_of_library
from liquid.filter import string_filter

from texts.bounds import LONGEST_DATE


def date(value: Any, *arguments: Any, **named: Any) -> Any:
    """Return a date in a format. A text that is too long to be a date is returned unchanged."""
    if isinstance(value, str) and len(value) > LONGEST_DATE:
        return value
    return date_of_library(value, *arguments, **named)


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

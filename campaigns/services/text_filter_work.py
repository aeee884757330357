"""Filters of message texts that are not the library's: its own would take too long, or too much."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from liquid.builtin.filters.misc import date as date_of_library
from liquid.exceptions import FilterArgumentError
from liquid.filter import sequence_filter, string_filter
from liquid.undefined import Undefined

from campaigns.services.text_bounds import LONGEST_DATE, MOST_ITEMS, TooCostly
from foundation.sentences import Sentence as _


def date(value: Any, *arguments: Any, **named: Any) -> Any:
    """Return a date in a format; what is too long for a date is none, and given back as it is."""
    if isinstance(value, str) and len(value) > LONGEST_DATE:
        return value
    return date_of_library(value, *arguments, **named)


@string_filter
def split(value: str, separator: Any) -> list[str]:
    """Return the parts of a text, or its characters, if there are not too many."""
    if separator is None or isinstance(separator, Undefined) or separator == "":
        if len(value) > MOST_ITEMS:
            raise _too_many_parts()
        return list(value)
    by = str(separator)
    if not value or value == by:
        return []
    parts = value.split(None if by == " " else by, MOST_ITEMS)
    if len(parts) > MOST_ITEMS:
        raise _too_many_parts()
    return parts


def _too_many_parts() -> TooCostly:
    return TooCostly(
        _("split makes more than %(most)s parts: split a shorter text.") % {"most": MOST_ITEMS},
        token=None,
    )


_MISSING = ("no such part",)


@sequence_filter
def uniq(sequence: Any, key: object = None) -> list[object]:
    """Return the items without those that were there already (the library compares each pair)."""
    seen, kept = set(), []
    for item in sequence:
        mark = _hashable(item if key is None else _part(item, key))
        if mark not in seen:
            seen.add(mark)
            kept.append(item)
    return kept


def _part(item: Any, key: object) -> Any:
    try:
        return item[key]
    except KeyError:
        return _MISSING
    except TypeError:
        raise FilterArgumentError(f"can't read property '{key}'", token=None) from None


def _hashable(value: Any) -> Any:
    """Return something hashable that equals another's exactly when the values are equal."""
    if isinstance(value, list | tuple):
        return (type(value), tuple(map(_hashable, value)))
    if isinstance(value, Mapping):
        return (dict, frozenset((key, _hashable(item)) for key, item in value.items()))
    return value if type(value).__hash__ is not None else None


_TAG_START = re.compile(r"<(?=[A-Za-z/!?])")
#: What ends a stretch of HTML, by how it begins; anything else ends with ">".
_HTML_ENDS = (
    (re.compile(r"<script\b", re.I), re.compile(r"</script\s{0,9}>", re.I)),
    (re.compile(r"<style\b", re.I), re.compile(r"</style\s{0,9}>", re.I)),
    (re.compile(r"<!--"), re.compile(r"-->")),
)
_HTML_END = re.compile(">")


@string_filter
def strip_html(value: str, **_named: Any) -> str:
    """Return a text without HTML tags, scripts, styles and comments, having read it once.

    Python's parser, which the library uses, goes back at each tag that is never closed.
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

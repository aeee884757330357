"""Spans of time as operators write them (90m, 4h, 2d), and as pages say them."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

_UNITS = {"m": 60, "h": 3600, "d": 86_400}
_SPAN = re.compile(r"([0-9]{1,7})\s*([mhd])")


def read_span(text: str) -> int | None:
    """Return a span in seconds; None if it cannot be read."""
    found = _SPAN.fullmatch(text.strip().lower())
    return int(found[1]) * _UNITS[found[2]] if found is not None else None


def span_text(seconds: int | None) -> str:
    """Return seconds as `read_span` reads them, rounded up to minutes; "" for None."""
    if seconds is None:
        return ""
    for unit in ("d", "h"):
        if seconds and seconds % _UNITS[unit] == 0:
            return f"{seconds // _UNITS[unit]}{unit}"
    return f"{-(-seconds // 60)}m"


def span_words(seconds: int) -> str:
    """Return a span in words, exactly: in the largest unit of which it is a whole number."""
    days, rest = divmod(seconds, 86_400)
    if days and not rest:
        return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
    if seconds and not seconds % 3_600:
        return _("%(n)d h") % {"n": seconds // 3_600}
    if not seconds % 60:
        return _("%(n)d min") % {"n": seconds // 60}
    return _("%(n)d s") % {"n": seconds}

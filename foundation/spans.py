"""Spans of time as operators write them: 90m, 4h, 2d."""

from __future__ import annotations

import re

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

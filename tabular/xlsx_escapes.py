"""Escapes in workbooks for characters that XML cannot contain: _x000D_ is a carriage return."""

from __future__ import annotations

import re

#: Characters that XML, and so a cell, cannot contain.
NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")


def unescaped(text: str) -> str:
    """Return a text with its escapes replaced by the characters."""
    if "_x" not in text:
        return text
    found = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    # Characters beyond the first plane are written as two surrogates.
    return found.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def escaped(text: str) -> str:
    """Return a text such that `unescaped` gives it back: escapes the _ of what looks like one."""
    return _LOOKS_ESCAPED.sub("_x005F_", text) if "_x" in text else text

"""Characters that XML cannot hold, as workbooks write them: _x000D_ is a carriage return."""

from __future__ import annotations

import re

_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")


def unescaped(text: str) -> str:
    """Return a text with its characters in place of what stands for them."""
    if "_x" not in text:
        return text
    found = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    # Characters beyond the first plane come as two halves.
    return found.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def escaped(text: str) -> str:
    """Return a text in which nothing is taken for an escape that is none: the first _ is one."""
    return _LOOKS_ESCAPED.sub("_x005F_", text) if "_x" in text else text

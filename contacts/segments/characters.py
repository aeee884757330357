"""The characters that a text of a database may have, and how any text stands in a sentence."""

from __future__ import annotations

import re

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def is_storable(text: str) -> bool:
    """Return whether a text has neither NUL nor half of a surrogate pair: no column holds these."""
    return _UNSTORABLE.search(text) is None


def shown(value: object) -> str:
    """Return a value as it stands in a sentence: short, in one line, without broken characters."""
    try:
        text = str(value)
    except ValueError:  # an integer of more digits than Python writes
        return "…"
    text = "".join(c if c.isprintable() else "\ufffd" for c in text[:201])
    return text if len(text) <= 200 else f"{text[:200]}…"

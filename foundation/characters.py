"""The characters that a text of a database may have."""

from __future__ import annotations

import re

#: NUL, which PostgreSQL refuses, and half of a surrogate pair, which no database can encode.
UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def is_storable(text: str) -> bool:
    """Return whether a column can hold a text: it has neither NUL nor half of a surrogate pair."""
    return UNSTORABLE.search(text) is None

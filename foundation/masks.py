"""Secrets inside texts that people read."""

from __future__ import annotations

import re

#: What stands for a secret.
MASK = "•••"
#: What stands between the scheme of a URL and its host: a login, up to the last @.
_LOGIN = re.compile(r"(?<=://)[^/?#]*@")


def masked(url: str) -> str:
    """Return a URL whose login, if it has one, is replaced by MASK."""
    return _LOGIN.sub(f"{MASK}@", url)

"""Frequency caps as operators write them: "2/7d" is at most 2 messages in 7 days."""

from __future__ import annotations

import re
from dataclasses import dataclass

_WRITTEN = re.compile(r"([0-9]{1,4})/([0-9]{1,4})([dh]?)")
_HOURS = {"d": 24, "": 24, "h": 1}
#: The largest number and the longest time.
MOST_MESSAGES, LONGEST_DAYS = 1_000, 3_660


@dataclass(frozen=True, slots=True)
class Cap:
    """At most so many messages in so many seconds."""

    most: int
    seconds: int

    def __str__(self) -> str:
        hours, rest = divmod(self.seconds, 3600)
        if rest or hours % 24:
            return f"{self.most}/{max(1, round(self.seconds / 3600))}h"
        return f"{self.most}/{hours // 24}d"


def cap_of(text: str) -> Cap | None:
    """Return the cap that is written as, for example, 2/7d or 1/12h; None for any other text."""
    found = _WRITTEN.fullmatch("".join(text.split()).lower())
    if found is None:
        return None
    most, hours = int(found[1]), int(found[2]) * _HOURS[found[3]]
    if not (1 <= most <= MOST_MESSAGES and 1 <= hours <= LONGEST_DAYS * 24):
        return None
    return Cap(most, hours * 3600)

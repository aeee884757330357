"""The turns in which the accounts of a worker process log in and out.

A start, a new run or the end of an outage lets many accounts log in. Without turns they would all
log in at the same moment, as people never do.
"""

from __future__ import annotations

import random
import threading

from django.conf import settings

from clocks import local

#: The pause to the next turn, as fractions of the average one: random, so that it is not regular.
SHORTEST, LONGEST = 0.5, 1.5


class LoginTurns:
    """Gives turns to the lanes of one process, first come, first served."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next_at = float("-inf")

    def take(self) -> float:
        """Take the next turn; return when it is, on `clocks.local.elapsed`."""
        now = local.elapsed()
        per_second = settings.QQ_LOGINS_PER_SECOND
        if not per_second:
            return now
        pause = random.uniform(SHORTEST, LONGEST) / per_second  # noqa: S311 -- no secret
        with self._lock:
            turn = max(now, self._next_at)
            self._next_at = turn + pause
        return turn

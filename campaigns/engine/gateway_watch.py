"""One watch a process over whether the gateway can be reached at all.

When it cannot, every lane would find out by itself, again and again. Here the first one tells the
rest, one message after a pause is the probe, and when it gets through all go on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from accounts.services.database_turn import database_turn
from accounts.services.outages import begin_outage, end_outage

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 15.0


class GatewayWatch:
    """Whether the gateway is away, and who may try it next.

    Args:
        egress_id: the egress whose outage is noted.
        on_return: called when the gateway answers again, to wake those who wait.
    """

    def __init__(self, *, egress_id: int, on_return: Callable[[], None]) -> None:
        self._egress_id = egress_id
        self._on_return = on_return
        self._lock = threading.Lock()
        self._pause = 0.0
        self._next_probe = 0.0
        #: An outage that an earlier process began is over once this one gets through.
        self._may_be_noted = True

    @property
    def is_away(self) -> bool:
        """Whether the last request found nobody there."""
        return self._pause > 0

    def wait_seconds(self) -> float:
        """Return 0.0 if the caller may send now, else how long to wait before asking again.

        While the gateway is away, 0.0 makes the caller the one who probes.
        """
        if not self._pause:
            return 0.0
        with self._lock:
            left = self._next_probe - time.monotonic()
            if left > 0:
                return left
            self._next_probe = time.monotonic() + self._pause
            return 0.0

    def unreachable(self, sentence: str) -> None:
        """Note that a request found nobody."""
        with self._lock:
            is_news = not self._pause
            if not is_news and time.monotonic() < self._next_probe:
                return  # a lane that was under way already: the same failure, not another one
            self._pause = min(
                self._pause * 2 if self._pause else FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS
            )
            self._next_probe = time.monotonic() + self._pause
        if is_news:
            with database_turn():
                begin_outage(egress_id=self._egress_id, sentence=sentence)

    def reached(self) -> None:
        """Note that the gateway took a request, whatever it answered."""
        if not self._pause and not self._may_be_noted:
            return
        with self._lock:
            self._pause = 0.0
            self._may_be_noted = False
        with database_turn():
            end_outage(egress_id=self._egress_id)
        self._on_return()

"""The minimum gap that a lane learns from RES=3, if the gateway's is longer than the operator's."""

from __future__ import annotations


class LearntGap:
    """Finds the gateway's own minimum gap if it is longer than the operator's.

    Each RES=3 makes the gap half as long again. After a number of successes in a row it becomes a
    little shorter, but not below the operator's gap, nor below 1.1 times a gap that was too short.

    Args:
        floor: the operator's minimum gap, seconds.
        learnt: the gap that an earlier lane learnt, seconds, or None.
    """

    #: The gap to start from if the operator's own gap is zero, seconds.
    SMALLEST = 0.05
    LONGEST = 60.0
    SLOWER, FASTER = 1.5, 0.95
    SUCCESSES_BEFORE_FASTER = 20

    def __init__(self, *, floor: float, learnt: float | None = None) -> None:
        self.floor = floor
        self._learnt = learnt
        self._too_short = 0.0
        self._successes = 0

    @property
    def seconds(self) -> float:
        """The gap to keep now, seconds."""
        return max(self.floor, self._learnt or 0.0)

    @property
    def learnt(self) -> float | None:
        """The gap for the next lane to start from; None while the operator's own gap applies."""
        return self._learnt if self._learnt and self._learnt > self.floor else None

    def too_fast(self) -> None:
        """Lengthen the gap: the gateway answered RES=3 to this one."""
        self._too_short = max(self._too_short, self.seconds)
        self._learnt = min(max(self.seconds, self.SMALLEST) * self.SLOWER, self.LONGEST)
        self._successes = 0

    def success(self) -> None:
        """Count a message accepted at this gap; shorten the gap after enough of them."""
        if self.learnt is None:
            return
        self._successes += 1
        if self._successes >= self.SUCCESSES_BEFORE_FASTER:
            self._successes = 0
            self._learnt = max(self.seconds * self.FASTER, self._too_short * 1.1, self.floor)

"""When faults were active in a history: an unknown delivery is allowed only near one."""

from __future__ import annotations


class FaultPeriods:
    """The periods in which something was wrong, in seconds of virtual time."""

    def __init__(self) -> None:
        self._periods: list[tuple[float, float]] = []

    def note(self, start: float, end: float) -> None:
        """Record that something was wrong from `start` to `end`."""
        self._periods.append((start, end))

    def longest_without(self, start: float, end: float) -> float:
        """Return the length of the longest time without a fault between two moments."""
        longest, at = 0.0, start
        for begins, ends in sorted(self._periods):
            if ends <= at:
                continue
            if begins >= end:
                break
            longest = max(longest, begins - at)
            at = max(at, ends)
        return max(longest, end - at)

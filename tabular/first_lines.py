"""Duplicate detection: the line on which each number appeared first, in little memory."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable


class FirstLines:
    """A map from 32-bit numbers to the line on which each appeared first.

    It consists of pages of 65,536 numbers, each with two sorted arrays. A million numbers spread
    over the whole range take about 40 MB; a dict takes 150 MB.
    """

    def __init__(self) -> None:
        self._pages: dict[int, tuple[array[int], array[int]]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def note(self, number: int, line: int) -> int:
        """Record that `number` is on `line`; return the line on which it was first, or 0 if new.

        Args:
            number: 0 to 4294967295.
            line: 1 or more.
        """
        low = number & 0xFFFF
        page = self._pages.get(number >> 16)
        if page is None:
            self._pages[number >> 16] = (array("H", (low,)), array("I", (line,)))
            self._count += 1
            return 0
        lows, lines = page
        at = bisect_left(lows, low)
        if at < len(lows) and lows[at] == low:
            return lines[at]
        lows.insert(at, low)
        lines.insert(at, line)
        self._count += 1
        return 0

    def note_all(self, numbers: Iterable[int], lines: Iterable[int]) -> list[int]:
        """Return `note` of each number and its line; numbers that are 0 are left out, as new."""
        note = self.note
        return [
            note(number, line) if number else 0 for number, line in zip(numbers, lines, strict=True)
        ]

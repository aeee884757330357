"""Counters, histograms and gauges of one process, kept in plain numbers.

A count costs an addition. Nothing here locks: each instrument has one thread that counts, or its
callers hold a lock of their own.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from typing import Any

#: What a process publishes: instrument name, then label value ("" without a label), then numbers.
Figures = dict[str, dict[str, list[float]]]


class Count:
    """A number that only grows.

    Args:
        name: the metric's name, without `_total`.
        words: its help text.
        label: the name of its label; "" for none.
    """

    kind = "counter"

    def __init__(self, name: str, words: str, *, label: str = "") -> None:
        self.name, self.words, self.label = name, words, label
        self._values: Counter[str] = Counter()

    def add(self, n: float = 1, of: str = "") -> None:
        """Add to the number of a label value."""
        self._values[of] += n  # type: ignore[assignment]

    def read(self) -> dict[str, list[float]]:
        """Return the numbers since the start of the process."""
        return {of: [n] for of, n in list(self._values.items())}


class Distribution:
    """A histogram.

    Args:
        name: the metric's name.
        words: its help text.
        bounds: the upper bounds of its buckets, rising.
    """

    kind = "histogram"
    label = ""

    def __init__(self, name: str, words: str, *, bounds: Sequence[float]) -> None:
        self.name, self.words, self.bounds = name, words, tuple(bounds)
        #: A number for each bucket, one for what is above all bounds, and the sum of the values.
        self._numbers = [0.0] * (len(self.bounds) + 2)

    def note(self, value: float) -> None:
        """Count a value."""
        self._numbers[bisect_left(self.bounds, value)] += 1
        self._numbers[-1] += value

    def read(self) -> dict[str, list[float]]:
        """Return the numbers since the start of the process."""
        return {"": list(self._numbers)}


class Level:
    """A number that rises and falls; the levels of living processes add up."""

    kind = "gauge"
    label = ""

    def __init__(self, name: str, words: str) -> None:
        self.name, self.words = name, words
        self._value: float | None = None

    def set(self, value: float) -> None:
        """Set it."""
        self._value = value

    def read(self) -> dict[str, list[float]]:
        """Return it; nothing if it was never set."""
        return {} if self._value is None else {"": [self._value]}


Instrument = Count | Distribution | Level


def add_up(into: Figures, figures: Any, *, sign: int = 1) -> None:
    """Add figures to others, or take them away. Of two lengths, the longer one holds."""
    for name, by_label in figures.items():
        sums = into.setdefault(name, {})
        for of, numbers in by_label.items():
            before = sums.get(of, [])
            width = max(len(before), len(numbers))
            sums[of] = [
                (before[i] if i < len(before) else 0.0)
                + sign * (numbers[i] if i < len(numbers) else 0.0)
                for i in range(width)
            ]

"""Shares of people: how exactly they are known, and whether two of them differ by chance."""

from __future__ import annotations

from dataclasses import dataclass
from math import erfc, sqrt

#: The normal distribution has 95 % within so many standard deviations.
Z_95 = 1.959963984540054
#: The two-proportion test needs this many expected people on either side.
LEAST_EXPECTED = 5.0


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of people with its 95 % interval; all from 0 to 1."""

    rate: float
    low: float
    high: float


def wilson(part: int, whole: int) -> Rate | None:
    """Return a share and its Wilson score interval of 95 %; None if there are no people.

    Unlike the interval of the normal distribution, it stays within 0 and 1 and holds for small
    numbers (Wilson 1927; Brown, Cai, DasGupta 2001).
    """
    if whole <= 0:
        return None
    share, square = part / whole, Z_95 * Z_95
    middle = share + square / (2 * whole)
    reach = Z_95 * sqrt(share * (1 - share) / whole + square / (4 * whole * whole))
    scale = 1 + square / whole
    # Exact at the ends, where rounding would leave a trace.
    low = 0.0 if part == 0 else (middle - reach) / scale
    high = 1.0 if part == whole else (middle + reach) / scale
    return Rate(share, low, high)


def chance_of_difference(first: tuple[int, int], second: tuple[int, int]) -> float | None:
    """Return how often chance alone gives a difference at least this large (two-sided p-value).

    It is the pooled two-proportion z-test. None if there are too few people for it: fewer than
    LEAST_EXPECTED would be expected in one of the four groups.

    Args:
        first, second: (people with the outcome, all people) of each.
    """
    whole = first[1] + second[1]
    if not first[1] or not second[1]:
        return None
    pooled = (first[0] + second[0]) / whole
    smallest = min(first[1], second[1])
    if min(pooled, 1 - pooled) * smallest < LEAST_EXPECTED:
        return None
    error = sqrt(pooled * (1 - pooled) * (1 / first[1] + 1 / second[1]))
    distance = abs(first[0] / first[1] - second[0] / second[1]) / error
    return erfc(distance / sqrt(2))

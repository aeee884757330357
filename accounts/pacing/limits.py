"""The limits of an account and of a shared rate, as sliding windows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

#: Seconds.
MINUTE, HOUR, DAY = 60, 3600, 86_400

#: A shared rate is also kept in a tenth of its minute, so that messages leave evenly. One more than
#: a tenth of the messages is allowed there: the minute decides how many they are in the end.
_PARTS, _PART_SLACK = 10, 1


@dataclass(frozen=True, slots=True)
class Limits:
    """The operator's limits: seconds for the gap, messages for the others; None means no limit."""

    min_interval: float
    per_minute: int | None = None
    per_hour: int | None = None
    per_day: int | None = None
    egress_per_second: float | None = None
    gateway_per_second: float | None = None
    #: The account's sliding windows as (seconds, messages). Kept: each message asks for them.
    windows: tuple[tuple[float, int], ...] = field(init=False)

    def __post_init__(self) -> None:
        """Put the windows together."""
        pairs = ((MINUTE, self.per_minute), (HOUR, self.per_hour), (DAY, self.per_day))
        kept = tuple((seconds, limit) for seconds, limit in pairs if limit is not None)
        object.__setattr__(self, "windows", kept)


def daily_limit(per_day: int | None, warm_up_limit: int | None) -> int | None:
    """Return the limit of a day: the lower of the account's own and that of its warm-up."""
    limits = [limit for limit in (per_day, warm_up_limit) if limit is not None]
    return min(limits, default=None)


@dataclass(frozen=True, slots=True)
class SharedRate:
    """A rate that messages of many accounts share, besides the limits of their accounts.

    Attributes:
        key: the name of its window in Redis.
        per_minute: the most requests in any sliding minute.
        recent: called if Redis was flushed. Returns the requests of the last minute, each as
            (member, when it was made).
    """

    key: str
    per_minute: int
    recent: Callable[[], Iterable[tuple[str, datetime]]] = field(compare=False)

    @property
    def windows(self) -> tuple[tuple[float, int], ...]:
        """Its sliding windows as (seconds, messages)."""
        part = -(-self.per_minute // _PARTS) + _PART_SLACK
        return ((MINUTE, self.per_minute), (MINUTE / _PARTS, min(part, self.per_minute)))

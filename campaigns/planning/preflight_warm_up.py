"""The preflight of accounts that warm up: their days are simulated, because their limits grow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import WarmUp, WarmUpCurve
from accounts.warm_ups import DAY, progress_by
from clocks import shared
from sending.runs.windows import FARTHEST_FORECAST, SendingTimes, forecast


@dataclass(frozen=True, slots=True)
class GrowingPace:
    """The pace of an account that warms up.

    Attributes:
        curve: its curve.
        day: its present day, from 1.
        day_ends_at: when that day is over; wall time.
        sent: what it sent on that day already.
        seconds: its seconds per message within a day's limit.
        own_seconds: its seconds per message after the warm-up.
    """

    curve: WarmUpCurve
    day: int
    day_ends_at: datetime
    sent: int
    seconds: float
    own_seconds: float


@dataclass(frozen=True, slots=True)
class Simulated:
    """When an account would have sent its messages (None: too far ahead), and how many in time."""

    finishes_at: datetime | None
    in_time: int


def growing_paces(*, seconds: Mapping[int, tuple[float, float]]) -> dict[int, GrowingPace]:
    """Return the pace of the accounts that warm up, by account id.

    Args:
        seconds: (seconds per message within a day's limit, seconds after the warm-up), by id.
    """
    rows = WarmUp.objects.filter(account__in=list(seconds))
    found: dict[int, GrowingPace] = {}
    for row in rows.select_related("curve", "account"):
        progress = progress_by(row)
        if progress is not None:
            ends_at = shared.as_wall(row.day_began_at) + DAY
            found[row.pk] = GrowingPace(
                row.curve, row.day, ends_at, progress.sent, *seconds[row.pk]
            )
    return found


def simulate(
    *,
    messages: int,
    pace: GrowingPace,
    begins: datetime,
    times: SendingTimes,
    until: datetime | None = None,
) -> Simulated:
    """Return when the messages would be sent if no day has bad codes.

    Args:
        messages: how many.
        pace: the account's pace.
        begins: when sending begins.
        times: when the run may send.
        until: the deadline, for the number of messages that are sent in time.
    """
    left, in_time, day = messages, 0, pace.day
    opens, closes, used = begins, pace.day_ends_at, pace.sent
    farthest = begins + FARTHEST_FORECAST
    while opens < farthest and (limit := pace.curve.limit_on(day)) is not None:
        most = max(0, limit - used)
        sent = 0
        if closes > opens:
            sent = min(left, most, _fitting(pace.seconds, opens, closes, times))
            if until is not None:
                in_time += min(sent, _fitting(pace.seconds, opens, min(closes, until), times))
            if sent == left:
                done = forecast(now=opens, seconds=left * pace.seconds, times=times)
                return Simulated(done, in_time if until is not None else messages)
            left -= sent
        day += 1 if sent or used else 0  # an idle day does not count
        opens, closes, used = max(opens, closes), closes + DAY, 0
    if until is not None:
        in_time += min(left, _fitting(pace.own_seconds, opens, until, times))
    done = forecast(now=opens, seconds=left * pace.own_seconds, times=times)
    return Simulated(done if opens < farthest else None, in_time if until is not None else messages)


def _fitting(seconds: float, opens: datetime, closes: datetime, times: SendingTimes) -> int:
    """Return how many messages fit into the sending times between two moments."""
    if closes <= opens:
        return 0
    spans = times.spans(since=opens, until=closes)
    is_open = sum(((end - start) for start, end in spans), timedelta())
    return int(is_open.total_seconds() / seconds) if seconds else 2**31

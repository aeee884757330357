"""Sending windows: whether a run may send at a moment, and when it may send next."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

Window = tuple[time, time]

#: How far ahead a forecast looks. A later end is not forecast.
FARTHEST_FORECAST = timedelta(days=366)


def is_open(*, start: time | None, end: time | None, zone: str, at: datetime) -> bool:
    """Return whether a window is open at a moment.

    Args:
        start, end: the window in the run's time zone, end excluded; None for always. A window
            whose end is not after its start passes midnight (22:00 to 06:00).
        zone: the run's time zone.
        at: an aware time.
    """
    if start is None or end is None or start == end:
        return True
    local = at.astimezone(ZoneInfo(zone)).time().replace(tzinfo=None)
    if start < end:
        return start <= local < end
    return local >= start or local < end


def next_opening(*, start: time | None, end: time | None, zone: str, at: datetime) -> datetime:
    """Return the first moment from `at` on at which the window is open.

    An opening time that a change to daylight saving time skips moves to the first moment that
    exists after it. For the arguments see `is_open`.
    """
    if start is None or is_open(start=start, end=end, zone=zone, at=at):
        return at
    local = at.astimezone(ZoneInfo(zone))
    today = local.replace(
        hour=start.hour, minute=start.minute, second=start.second, microsecond=0, fold=0
    )
    opening = today if today > local else today + timedelta(days=1)
    # Through UTC and back: a wall time that the clocks skip becomes one that exists.
    return opening.astimezone(ZoneInfo("UTC")).astimezone(at.tzinfo)


def forecast(
    *, now: datetime, seconds: float, window: Window | None, timezone: str
) -> datetime | None:
    """Return when `seconds` of sending would be done, or None if that is too far ahead.

    Args:
        now: when the sending begins or resumes; aware.
        seconds: the sending time, counted only while the window is open.
        window: the sending window in `timezone`; None for always.
        timezone: the run's time zone.
    """
    left, limit = timedelta(seconds=min(seconds, 1e9)), now + FARTHEST_FORECAST
    if left > FARTHEST_FORECAST:
        return None
    if window is None:
        return now + left
    zone, at = ZoneInfo(timezone), now
    while at < limit:
        opens, closes = _window_from(at, window=window, zone=zone)
        at = max(at, opens)
        if left <= closes - at:
            return at + left
        left -= closes - at
        at = closes
    return None


def _window_from(at: datetime, *, window: Window, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the window that is open at `at`, or the next one, as two moments in UTC."""
    start, end = window
    day = at.astimezone(zone).date() - timedelta(days=1)
    while True:
        last_day = day if start < end else day + timedelta(days=1)
        opens = datetime.combine(day, start, tzinfo=zone).astimezone(UTC)
        closes = datetime.combine(last_day, end, tzinfo=zone).astimezone(UTC)
        if closes > at and closes > opens:
            return opens, closes
        day += timedelta(days=1)

"""Sending windows: whether a run may send at a moment, and when it may next."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo


def is_open(*, start: time | None, end: time | None, zone: str, at: datetime) -> bool:
    """Return whether a window is open at a moment.

    Args:
        start, end: the window in the campaign's time zone, end excluded; None for always. A
            window whose end is not after its start passes midnight (22:00 to 06:00).
        zone: the campaign's time zone.
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

    Daylight saving is the zone's: an opening that a change of clocks skips is at the first moment
    that exists after it.
    """
    if start is None or is_open(start=start, end=end, zone=zone, at=at):
        return at
    local = at.astimezone(ZoneInfo(zone))
    today = local.replace(
        hour=start.hour, minute=start.minute, second=start.second, microsecond=0, fold=0
    )
    opening = today if today > local else today + timedelta(days=1)
    # Through UTC and back: a wall time that the clocks skip becomes the one that exists.
    return opening.astimezone(ZoneInfo("UTC")).astimezone(at.tzinfo)

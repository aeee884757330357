"""Convert wall times of a time zone to moments, also on days on which its clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
_PROBES = tuple(timedelta(hours=hours) for hours in (0, 6, 12, 18, 24))


def moments_of(day: date, at: time, *, zone: ZoneInfo) -> list[datetime]:
    """Return the moments in UTC, earliest first, at which a wall clock shows this day and time.

    That is one moment, two when the clocks are set back over it, or none when they skip it.
    """
    found = []
    for fold in (0, 1):
        wall = datetime.combine(day, at.replace(fold=fold), tzinfo=zone)
        moment = wall.astimezone(UTC)
        back = moment.astimezone(zone)
        if (back.date(), back.time()) == (day, at.replace(fold=0)) and moment not in found:
            found.append(moment)
    return found


def first_moment(day: date, at: time, *, zone: ZoneInfo) -> datetime | None:
    """Return one moment in UTC for a wall time of a day.

    If the clocks show the time twice, it is the first of the two moments. If they skip the time, it
    is the first moment after the gap. If the zone left the whole day out (Apia, 30 December 2011),
    it is None.
    """
    found = moments_of(day, at, zone=zone)
    if found:
        return found[0]
    before = datetime.combine(day, at, tzinfo=zone).astimezone(UTC)
    for near in (before.date() - DAY, before.date(), before.date() + DAY):
        for change in clock_changes(zone.key, near):
            local = change.astimezone(zone)
            skipped_from = (change - timedelta(seconds=1)).astimezone(zone)
            wall = datetime.combine(day, at)
            if skipped_from.replace(tzinfo=None) < wall < local.replace(tzinfo=None):
                return change if local.date() == day else None
    return None


@lru_cache(maxsize=4096)
def clock_changes(zone: str, day: date) -> tuple[datetime, ...]:
    """Return the moments at which a zone's clocks change within a day of UTC, earliest first."""
    local = ZoneInfo(zone)
    begin = datetime.combine(day, time(), tzinfo=UTC)
    found = []
    for since, until in pairwise(_PROBES):
        early, late = begin + since, begin + until
        if _offset(early, local) == _offset(late, local):
            continue
        while late - early > timedelta(seconds=1):
            middle = early + timedelta(seconds=int((late - early).total_seconds()) // 2)
            if _offset(middle, local) == _offset(early, local):
                early = middle
            else:
                late = middle
        found.append(late)
    return tuple(found)


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta | None:
    return moment.astimezone(zone).utcoffset()

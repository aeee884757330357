"""Times and spans, in sentences for operators and in JSON."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from foundation.display import EMPTY
from foundation.refusals import Refusal
from foundation.zones import first_moment

#: Up to so many seconds a span is given in seconds; up to so many, in minutes.
SHORT, MIDDLING = 120, 7_200


def clock(at: datetime | None, *, zone: str | None = None) -> str:
    """Return a time as text, in the console's time zone or in `zone`, which is then named."""
    if at is None:
        return EMPTY
    is_ours = zone is None or zone == timezone.get_current_timezone_name()
    local = timezone.localtime(at, None if is_ours else ZoneInfo(str(zone)))
    is_today = local.date() == timezone.localdate(timezone=local.tzinfo)
    words = local.strftime("%H:%M:%S" if is_today else "%Y-%m-%d %H:%M")
    return words if is_ours else f"{words} ({zone})"


def read_moment(text: str, *, zone: tzinfo) -> datetime:
    """Return a time in UTC, parsed from ISO 8601.

    Args:
        text: the time.
        zone: the time zone if the text has no offset. A time that its clocks skip is the first
            moment after the gap, as in a repeated schedule.

    Raises:
        ValueError: the text cannot be parsed, or the time is outside what a datetime can hold.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
        found = moment.replace(tzinfo=zone).astimezone(UTC)
        is_shown = found.astimezone(zone).replace(tzinfo=None) == moment
        if not is_shown and isinstance(zone, ZoneInfo):
            return first_moment(moment.date(), moment.time(), zone=zone) or found
        return found
    except OverflowError as problem:
        raise ValueError(str(problem)) from None


def asked_moment(text: str) -> datetime:
    """Return a time that an operator wrote, in UTC; one without an offset is in the console's zone.

    Raises:
        Refusal: it cannot be read (`no_time`).
    """
    try:
        return read_moment(text, zone=timezone.get_current_timezone())
    except ValueError:
        raise Refusal(
            _("%(text)s is no time. Write it as 2026-12-01 or 2026-12-01T09:00+08:00.")
            % {"text": text[:60]},
            code="no_time",
        ) from None


def span(seconds: float) -> str:
    """Return a span as text, in seconds, minutes or hours, whichever suits its length."""
    if seconds < SHORT:
        return _("%(n)d s") % {"n": max(1, round(seconds))}
    if seconds < MIDDLING:
        return _("%(n)d min") % {"n": round(seconds / 60)}
    return _("%(n)d h") % {"n": round(seconds / 3600)}


def utc_iso(moment: datetime | None) -> str | None:
    """Return a time in ISO 8601, UTC, ending in Z; None for None."""
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")

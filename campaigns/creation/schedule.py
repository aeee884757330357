"""Parse time zones, sending windows and start times as operators write them."""

from __future__ import annotations

from datetime import UTC, datetime, time
from difflib import get_close_matches
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from django.utils.translation import gettext as _

from foundation.refusals import Refusal
from sending.runs.windows import Window


def read_timezone(name: str) -> ZoneInfo:
    """Return the time zone of that name.

    Raises:
        Refusal: there is none (`timezone_unknown`).
    """
    known = _timezones()
    if name in known:
        return ZoneInfo(name)
    sentence = _("There is no time zone “%(name)s”.") % {"name": name}
    near = _nearest_timezone(name)
    if near:
        sentence += " " + _("Did you mean %(near)s?") % {"near": near}
    raise Refusal(
        sentence + " " + _("Write it like Asia/Shanghai."), code="timezone_unknown", timezone=name
    )


def read_window(text: str) -> Window:
    """Return the sending window written as 09:00-20:00, or past midnight as 22:00-02:00.

    Raises:
        Refusal: the format is wrong or the window is empty (`window_malformed`).
    """
    first, dash, last = text.replace("–", "-").partition("-")
    try:
        start, end = time.fromisoformat(first.strip()), time.fromisoformat(last.strip())
        is_whole = bool(dash) and start.tzinfo is None and end.tzinfo is None
    except ValueError:
        is_whole = False
    if not is_whole:
        raise Refusal(
            _("The window “%(text)s” cannot be read: write it like 09:00-20:00.") % {"text": text},
            code="window_malformed",
        )
    refuse_window((start, end))
    return start, end


def refuse_window(window: Window) -> None:
    """Refuse an empty window. It would never send, or was meant as no window at all.

    Raises:
        Refusal: start and end are the same (`window_malformed`).
    """
    if window[0] == window[1]:
        raise Refusal(
            _("The window starts and ends at %(time)s: leave it out to send at any hour.")
            % {"time": window[0].isoformat("minutes")},
            code="window_malformed",
        )


def read_start(text: str, *, timezone: str) -> datetime:
    """Return a time in UTC, parsed from ISO 8601.

    Args:
        text: the time.
        timezone: the time zone if the text has no offset.

    Raises:
        Refusal: the text cannot be parsed (`start_malformed`), or the time zone is unknown
            (`timezone_unknown`).
    """
    zone = read_timezone(timezone)
    try:
        moment = datetime.fromisoformat(text.strip())
        moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refusal(
            _("The start “%(text)s” cannot be read: write it like 2026-12-24T09:00.")
            % {"text": text},
            code="start_malformed",
        ) from None


def _nearest_timezone(name: str) -> str | None:
    """Return the time zone with the most similar name, or with the most similar city."""
    whole = get_close_matches(name, sorted(_timezones()), n=1)
    if whole:
        return whole[0]
    cities = {zone.rpartition("/")[2]: zone for zone in sorted(_timezones())}
    city = get_close_matches(name.rpartition("/")[2], cities, n=1)
    return cities[city[0]] if city else None


@lru_cache(maxsize=1)
def _timezones() -> frozenset[str]:
    return frozenset(available_timezones())

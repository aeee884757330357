"""Parse and check the schedule of a campaign as operators write it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from difflib import get_close_matches
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from django.utils.translation import gettext as _

from campaigns.scheduling.rule import read_rule
from clocks import shared
from foundation.refusals import Refusal
from foundation.spans import read_span
from foundation.times import clock, read_moment

#: The farthest moment of a schedule, and the longest time from a start to its deadline.
FARTHEST, LONGEST_DEADLINE = timedelta(days=73_000), timedelta(days=366)
MOST_TIMES = 10_000
_SPAN_LIKE = re.compile(r"[0-9]+\s*[a-zA-Z]?")


def read_timezone(name: str) -> ZoneInfo:
    """Return the time zone of that name.

    Raises:
        Refusal: there is none (`timezone_unknown`).
    """
    known = known_timezones()
    if name in known:
        return ZoneInfo(name)
    sentence = _("There is no time zone “%(name)s”.") % {"name": name}
    near = _nearest_timezone(name)
    if near:
        sentence += " " + _("Did you mean %(near)s?") % {"near": near}
    raise Refusal(
        sentence + " " + _("Write it like Asia/Shanghai."), code="timezone_unknown", timezone=name
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
        return read_moment(text, zone=zone)
    except ValueError:
        raise Refusal(
            _("The start “%(text)s” cannot be read: write it like 2026-12-24T09:00.")
            % {"text": text},
            code="start_malformed",
        ) from None


def read_deadline(text: str, *, timezone: str) -> tuple[datetime | None, int | None]:
    """Return (moment, None) or (None, seconds after each start), depending on the kind of deadline.

    Args:
        text: ISO 8601, or a time after the start: 90m, 4h or 2d.
        timezone: the time zone if the text has no offset.

    Raises:
        Refusal: the text cannot be parsed (`deadline_malformed`).
    """
    seconds = read_span(text)
    if seconds is not None:
        if 0 < seconds <= LONGEST_DEADLINE.total_seconds():
            return None, seconds
    elif _SPAN_LIKE.fullmatch(text.strip()) is None:
        try:
            return read_start(text, timezone=timezone), None
        except Refusal as refusal:
            if refusal.code == "timezone_unknown":
                raise
    raise Refusal(
        _(
            "The deadline “%(text)s” cannot be read: write a time like 2026-12-24T18:00, or a time "
            "after the start like 90m, 4h or 2d, at most a year."
        )
        % {"text": text[:100]},
        code="deadline_malformed",
    )


def refuse_schedule(
    *,
    timezone: str,
    starts_at: datetime | None = None,
    repeat: str = "",
    repeat_until: datetime | None = None,
    repeat_times: int | None = None,
    deadline_at: datetime | None = None,
) -> None:
    """Refuse an impossible schedule. The Refusal has `field`, the column with the error.

    Raises:
        Refusal: the time zone is unknown, a moment is in the past or too far ahead, the repetition
            cannot be read, or its parts do not fit together.
    """
    read_timezone(timezone)
    now = shared.wall()
    for field, moment, past in (
        (
            "starts_at",
            starts_at,
            _("The start %(at)s is in the past: choose a later one, or none."),
        ),
        ("deadline_at", deadline_at, _("The deadline %(at)s is in the past: choose a later one.")),
        ("repeat_until", repeat_until, _("The last date %(at)s is in the past.")),
    ):
        if moment is None:
            continue
        told = {"at": clock(moment, zone=timezone)}
        code = {"starts_at": "start", "deadline_at": "deadline", "repeat_until": "until"}[field]
        if moment <= now:
            raise Refusal(past % told, code=f"{code}_past", field=field)
        if moment > now + FARTHEST:
            raise Refusal(
                _("%(at)s is more than 200 years ahead: choose an earlier time.") % told,
                code=f"{code}_too_far",
                field=field,
            )
    if starts_at is not None and deadline_at is not None and deadline_at <= starts_at:
        raise Refusal(
            _("The deadline is not after the start: nothing would be sent."),
            code="deadline_before_start",
            field="deadline_at",
        )
    _refuse_repetition(repeat, repeat_until, repeat_times, deadline_at)


def _refuse_repetition(
    repeat: str, until: datetime | None, times: int | None, deadline_at: datetime | None
) -> None:
    if repeat:
        read_rule(repeat)
    elif until is not None or times is not None:
        raise Refusal(
            _("An end needs a repetition: choose how often the campaign repeats."),
            code="end_without_repeat",
            field="repeat",
        )
    if until is not None and times is not None:
        raise Refusal(
            _("Choose a last date or a number of dates, not both."),
            code="two_ends",
            field="repeat_times",
        )
    if times is not None and not 1 <= times <= MOST_TIMES:
        raise Refusal(
            _("The number of dates is from 1 to %(most)d.") % {"most": MOST_TIMES},
            code="times_malformed",
            field="repeat_times",
        )
    if repeat and deadline_at is not None:
        raise Refusal(
            _("A repeated campaign needs a deadline after each start, like 4h, not a fixed one."),
            code="deadline_fixed",
            field="deadline_at",
        )


def _nearest_timezone(name: str) -> str | None:
    """Return the time zone with the most similar name, or with the most similar city."""
    whole = get_close_matches(name, sorted(known_timezones()), n=1)
    if whole:
        return whole[0]
    cities = {zone.rpartition("/")[2]: zone for zone in sorted(known_timezones())}
    city = get_close_matches(name.rpartition("/")[2], cities, n=1)
    return cities[city[0]] if city else None


@lru_cache(maxsize=1)
def known_timezones() -> frozenset[str]:
    """Return the names of all time zones."""
    return frozenset(available_timezones())

"""What an account shows its friends by the hours of its week, and when it is logged out.

The text is what operators write, one status a line:

    online mon-fri=09:00-12:00,13:00-18:00
    busy mon-fri=12:00-13:00
    otherwise logged-out

The first line whose windows hold counts. The windows are those of campaigns (`foundation.weekly`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.states import PresenceStatus
from foundation.refusals import Refusal
from foundation.times import utc_iso
from foundation.weekly import Weekly, covers, format_windows, read_windows
from foundation.zones import DAY, clock_changes, moments_of

LOGGED_OUT, OTHERWISE = "logged-out", "otherwise"
#: What a line may begin with, and what the gateway is told.
STATUSES = {
    "online": PresenceStatus.ONLINE,
    "busy": PresenceStatus.BUSY,
    "invisible": PresenceStatus.INVISIBLE,
}
_WORDS = {
    **{word: word for word in (*STATUSES, LOGGED_OUT, OTHERWISE)},
    "在线": "online",
    "忙碌": "busy",
    "隐身": "invisible",
    "离线": LOGGED_OUT,
    "其他": OTHERWISE,
    "其它": OTHERWISE,
    "其余": OTHERWISE,
}
IN_WORDS = {
    "online": PresenceStatus.ONLINE.label,
    "busy": PresenceStatus.BUSY.label,
    "invisible": PresenceStatus.INVISIBLE.label,
    LOGGED_OUT: gettext_lazy("logged out"),
}
MOST_LINES, LONGEST_TEXT = 12, 2_000
#: How far ahead the next change is looked for.
_FARTHEST_DAYS = 9


@dataclass(frozen=True, slots=True)
class StatusSchedule:
    """What an account shows, by the wall clock of its time zone.

    Attributes:
        zone: an IANA name.
        lines: statuses with their windows; the first whose windows hold counts.
        otherwise: the status at all other times.
    """

    zone: str
    lines: tuple[tuple[str, Weekly], ...]
    otherwise: str

    @property
    def logs_out(self) -> bool:
        """Whether the account is logged out at some times."""
        return LOGGED_OUT in (self.otherwise, *(status for status, _weekly in self.lines))

    @property
    def text(self) -> str:
        """The text from which it can be read again."""
        lines = [f"{status} {format_windows(weekly)}" for status, weekly in self.lines]
        return "\n".join([*lines, f"{OTHERWISE} {self.otherwise}"])

    def status_at(self, at: datetime) -> str:
        """Return the status at a moment: a key of STATUSES, or LOGGED_OUT.

        The clock on the wall of the zone decides. So it is right over a change of the clocks, and
        whatever was missed before.
        """
        local = at.astimezone(ZoneInfo(self.zone))
        return next((one for one, weekly in self.lines if covers(weekly, local)), self.otherwise)

    def next_change(self, at: datetime) -> datetime | None:
        """Return the first moment after `at` at which the status changes, in UTC; None for none."""
        zone, now = ZoneInfo(self.zone), self.status_at(at)
        edges = {
            edge for _one, weekly in self.lines for day in weekly for one in day for edge in one
        }
        first = at.astimezone(zone).date() - DAY
        moments: set[datetime] = set()
        for number in range(_FARTHEST_DAYS + 1):
            day = first + number * DAY
            moments.update(clock_changes(self.zone, day))
            for edge in edges | {time(0)}:
                moments.update(moments_of(day, edge, zone=zone))
        return next(
            (one for one in sorted(moments) if one > at and self.status_at(one) != now), None
        )


def read_schedule(text: str, *, zone: str = "") -> StatusSchedule | None:
    """Return the schedule that a text describes; None for an empty text.

    Args:
        text: the text, one status a line.
        zone: an IANA name; "": the console's time zone.

    Raises:
        Refusal: the text or the zone cannot be read (`schedule_malformed`, `window_malformed`).
    """
    if not text.strip():
        return None
    if zone and zone not in available_timezones():
        raise _malformed(_("“%(zone)s” is no time zone: write one like Asia/Shanghai."), zone=zone)
    lines: list[tuple[str, Weekly]] = []
    otherwise = ""
    said = [line.strip() for line in text.splitlines() if line.strip()]
    if len(said) > MOST_LINES or len(text) > LONGEST_TEXT:
        raise _malformed(_("The schedule has more than %(n)d lines."), n=MOST_LINES)
    for line in said:
        word, _space, rest = line.partition(" ")
        status, rest = _WORDS.get(word.lower(), ""), rest.strip()
        if status == OTHERWISE and _WORDS.get(rest.lower(), OTHERWISE) != OTHERWISE:
            otherwise = _WORDS[rest.lower()]
            continue
        weekly = read_windows([rest]) if status and status != OTHERWISE else None
        if weekly is None:
            raise _malformed(
                _(
                    "“%(line)s” cannot be read: write a status and its hours, like “online "
                    "mon-fri=09:00-18:00”, or “otherwise logged-out”. The statuses are online, "
                    "busy, invisible and logged-out."
                ),
                line=line[:100],
            )
        lines.append((status, weekly))
    if not otherwise:
        raise _malformed(_("Say what it shows at all other times, like “otherwise invisible”."))
    return StatusSchedule(zone or settings.TIME_ZONE, tuple(lines), otherwise)


@lru_cache(maxsize=1024)
def stored_schedule(text: str, zone: str) -> StatusSchedule | None:
    """Return a schedule as an account stores it; None for none."""
    return read_schedule(text, zone=zone)


@dataclass(frozen=True, slots=True)
class ScheduleNow:
    """Where an account is in its schedule.

    Attributes:
        status: what it shows by the schedule now.
        until: when that changes, and `then`: to what; None for never.
    """

    schedule: StatusSchedule
    status: str
    until: datetime | None
    then: str | None

    @property
    def words(self) -> Any:
        """The status in words."""
        return IN_WORDS[self.status]

    @property
    def then_words(self) -> Any:
        """The next status in words."""
        return IN_WORDS[self.then] if self.then is not None else ""

    def as_data(self) -> dict[str, Any]:
        """Return it for JSON. The keys are a public interface."""
        return {
            "text": self.schedule.text,
            "timezone": self.schedule.zone,
            "now": self.status,
            "until": utc_iso(self.until),
            "then": self.then,
        }


def schedule_now(text: str, zone: str, *, at: datetime) -> ScheduleNow | None:
    """Return where an account with this stored schedule is in it; None if it has none."""
    schedule = stored_schedule(text, zone)
    if schedule is None:
        return None
    until = schedule.next_change(at)
    then = schedule.status_at(until) if until is not None else None
    return ScheduleNow(schedule, schedule.status_at(at), until and until.astimezone(UTC), then)


def _malformed(words: str, **values: Any) -> Refusal:
    return Refusal(words % values, code="schedule_malformed")

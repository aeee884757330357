"""Sending windows of a run: whether it may send at a moment, and when that changes.

`SendingTimes.is_open` is the only definition: it looks at the wall clock of the zone. Everything
else (openings, forecasts) asks it at the moments at which its answer can change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from foundation.kept_queries import KeptQuery
from foundation.weekly import Weekly, Window, covers_today, stored_windows
from foundation.zones import DAY, clock_changes, moments_of
from sending.models import QuietHours, Run

#: How far ahead a forecast and a search for an opening look.
FARTHEST_FORECAST = timedelta(days=366)
#: What a calendar says of a date: nothing is sent, or it counts as a working day.
HOLIDAY, WORKDAY = "holiday", "workday"
_NEVER_BEFORE = datetime.min.replace(tzinfo=UTC)
_NEVER_AFTER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class QuietSpan:
    """Hours of every day, in a time zone, in which no run may send."""

    zone: str
    start: time
    end: time


@dataclass(frozen=True, slots=True)
class SendingTimes:
    """When a run may send.

    Attributes:
        zone: the run's time zone.
        weekly: its windows; None for at any hour.
        days: dates of its holiday calendar, each HOLIDAY or WORKDAY.
        quiet: the quiet hours that it obeys.
    """

    zone: str
    weekly: Weekly | None = None
    days: Mapping[date, str] = field(default_factory=dict)
    quiet: tuple[QuietSpan, ...] = ()

    @property
    def is_always_open(self) -> bool:
        """Whether there is no restriction at all."""
        return self.weekly is None and not self.days and not self.quiet

    def is_open(self, at: datetime) -> bool:
        """Return whether the run may send at a moment.

        The clock on the wall of the zone decides. So a window that the clocks skip does not open
        on that day, and one that they show twice opens twice.

        Args:
            at: an aware time.
        """
        if not self._is_in_window(at.astimezone(ZoneInfo(self.zone))):
            return False
        return not any(
            _covers((span.start, span.end), at.astimezone(ZoneInfo(span.zone)).time())
            for span in self.quiet
        )

    def next_change(self, at: datetime) -> datetime | None:
        """Return the first moment after `at` at which `is_open` changes, in UTC.

        None if it does not change within FARTHEST_FORECAST.
        """
        if self.is_always_open:
            return None
        is_open, day = self.is_open(at), at.astimezone(UTC).date()
        for _day in range(FARTHEST_FORECAST.days):
            for moment in self._possible_changes(day):
                if moment > at and self.is_open(moment) != is_open:
                    return moment
            if day >= date.max - 2 * DAY:
                return None
            day += DAY
        return None

    def next_opening(self, at: datetime) -> datetime | None:
        """Return the first moment from `at` on at which the run may send; None if there is none."""
        return at if self.is_open(at) else self.next_change(at)

    def spans(self, *, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the spans between two moments in which the run may send, earliest first."""
        at: datetime | None = self.next_opening(since)
        while at is not None and at < until:
            closes = self.next_change(at)
            if closes is None or closes >= until:
                yield at, until
                return
            yield at, closes
            at = self.next_change(closes)

    def _is_in_window(self, local: datetime) -> bool:
        today, clock = local.date(), local.time()
        if self.days.get(today) == HOLIDAY:
            return False
        if self.weekly is None:
            return True
        if any(covers_today(window, clock) for window in self._windows_on(today)):
            return True
        overnight = self._windows_on(today - DAY)
        return any(start > end and clock < end for start, end in overnight)

    def _windows_on(self, day: date) -> tuple[Window, ...]:
        assert self.weekly is not None
        said = self.days.get(day)
        if said == HOLIDAY:
            return ()
        weekday = day.weekday()
        if said == WORKDAY:  # a working day at a weekend has the windows of Friday or Monday
            weekday = {5: 4, 6: 0}.get(weekday, weekday)
        return self.weekly[weekday]

    def _possible_changes(self, day: date) -> list[datetime]:
        """Return the moments of a day of UTC at which `is_open` may change, earliest first."""
        clocks: dict[str, set[time]] = {self.zone: {time(0)}}
        for windows in self.weekly or ():
            clocks[self.zone].update(edge for window in windows for edge in window)
        for span in self.quiet:
            clocks.setdefault(span.zone, set()).update((span.start, span.end))
        begin = datetime.combine(day, time(), tzinfo=UTC)
        found: set[datetime] = set()
        for name, edges in clocks.items():
            zone = ZoneInfo(name)
            found.update(clock_changes(name, day))
            for near in (day - DAY, day, day + DAY):
                for edge in edges:
                    found.update(moments_of(near, edge, zone=zone))
        return sorted(moment for moment in found if begin <= moment < begin + DAY)


def sending_times(run: Run, *, quiet: tuple[QuietSpan, ...] | None = None) -> SendingTimes:
    """Return when a run may send, by its own columns and the quiet hours.

    Args:
        run: the run.
        quiet: all quiet hours in force; None reads them.
    """
    return SendingTimes(
        zone=run.timezone,
        weekly=stored_windows(run.windows),
        days={date.fromisoformat(day): said for day, said in run.calendar.items()},
        quiet=()
        if run.overrides_quiet_hours
        else quiet_for(zone=run.timezone, quiet=load_quiet_hours() if quiet is None else quiet),
    )


def load_quiet_hours() -> tuple[QuietSpan, ...]:
    """Return all quiet hours in force."""
    return tuple(QuietSpan(*row) for row in _QUIET_HOURS.rows())


_QUIET_HOURS = KeptQuery(
    lambda: QuietHours.objects.order_by("pk").values_list("timezone", "start", "end")
)


def quiet_for(*, zone: str, quiet: tuple[QuietSpan, ...]) -> tuple[QuietSpan, ...]:
    """Return the quiet hours that runs of a time zone obey.

    A zone with quiet hours of its own obeys these. Any other zone obeys all of them, so that the
    choice of an unusual zone does not avoid them.
    """
    return tuple(span for span in quiet if span.zone == zone) or quiet


class Openings:
    """`SendingTimes` for the send loop: it keeps the answer until the moment at which it changes.

    Args:
        times: when the run may send.
        deadline: the moment from which nothing more is sent; None for none.
    """

    def __init__(self, times: SendingTimes, *, deadline: datetime | None = None) -> None:
        self.times = times
        self._deadline = deadline or _NEVER_AFTER
        #: From, until, and the answer in between. One tuple, so that threads see it whole.
        self._known = (_NEVER_AFTER, _NEVER_BEFORE, False)

    def is_open(self, at: datetime) -> bool:
        """Return whether the run may send at a moment."""
        since, until, is_open = self._known
        if not since <= at < until:
            is_open = self.times.is_open(at)
            until = self.times.next_change(at) or _later(at, FARTHEST_FORECAST)
            self._known = (at, until, is_open)
        return is_open and at < self._deadline


def forecast(*, now: datetime, seconds: float, times: SendingTimes) -> datetime | None:
    """Return when `seconds` of sending would be done, or None if that is too far ahead.

    Args:
        now: when the sending begins or resumes; aware.
        seconds: the sending time, counted only while the run may send.
        times: when the run may send.
    """
    left = timedelta(seconds=min(seconds, 1e9))
    if left > FARTHEST_FORECAST:
        return None
    for opens, closes in times.spans(since=now, until=_later(now, FARTHEST_FORECAST)):
        if left <= closes - opens:
            return opens + left
        left -= closes - opens
    return None


def _covers(window: Window, clock: time) -> bool:
    """Return whether hours of every day cover a time."""
    start, end = window
    return covers_today(window, clock) or (start > end and clock < end)


def _later(at: datetime, by: timedelta) -> datetime:
    """Return a later moment, or the last one there is."""
    return at + by if at < _NEVER_AFTER - by else _NEVER_AFTER

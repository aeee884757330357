"""Sending windows, against a model that looks at every minute around changes of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foundation.refusals import Refusal
from foundation.weekly import format_windows, read_windows
from foundation.zones import first_moment
from sending.runs.windows import (
    HOLIDAY,
    WORKDAY,
    Openings,
    QuietSpan,
    SendingTimes,
    forecast,
    quiet_for,
)
from tests.examples import examples

MINUTE = timedelta(minutes=1)
#: Zones, each with a day around which its clocks change, or with a quiet one.
PLACES = [
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Africa/Casablanca", date(2026, 2, 15)),
    ("Africa/Casablanca", date(2026, 3, 22)),
    ("Pacific/Apia", date(2011, 12, 30)),
    ("America/Sao_Paulo", date(2018, 11, 4)),  # the clocks skip midnight
    ("Asia/Shanghai", date(2026, 10, 1)),
]


def times_of(*windows: str, zone: str = "Asia/Shanghai") -> SendingTimes:
    return SendingTimes(zone=zone, weekly=read_windows(windows))


def wall(at: str, zone: str, *, fold: int = 0) -> datetime:
    return datetime.fromisoformat(at).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


# --- against the model ------------------------------------------------------------------------


def is_open_by_the_minute(times: SendingTimes, at: datetime) -> bool:
    """Return whether sending is open, computed from the text of the wall clock alone."""
    local = at.astimezone(ZoneInfo(times.zone))
    for span in times.quiet:
        clock = at.astimezone(ZoneInfo(span.zone)).strftime("%H:%M")
        since, until = span.start.strftime("%H:%M"), span.end.strftime("%H:%M")
        if since <= clock < until or (since > until and (clock >= since or clock < until)):
            return False
    today = local.date()
    if times.days.get(today) == HOLIDAY:
        return False
    if times.weekly is None:
        return True
    minute = local.hour * 60 + local.minute
    for day, shift in ((today, 0), (today - timedelta(days=1), 24 * 60)):
        if times.days.get(day) == HOLIDAY:
            continue
        weekday = day.weekday()
        if times.days.get(day) == WORKDAY:
            weekday = {5: 4, 6: 0}.get(weekday, weekday)
        for start, end in times.weekly[weekday]:
            begins = start.hour * 60 + start.minute
            ends = end.hour * 60 + end.minute
            ends += 24 * 60 if ends <= begins else 0
            if begins <= minute + shift < ends:
                return True
    return False


clocks = st.builds(time, st.integers(0, 23), st.sampled_from([0, 1, 15, 30, 45, 59]))
night_clocks = st.builds(time, st.integers(0, 3), st.sampled_from([0, 15, 30, 45]))
windows = st.tuples(clocks | night_clocks, clocks | night_clocks).filter(lambda w: w[0] != w[1])
weeks = st.lists(st.lists(windows, max_size=2), min_size=7, max_size=7).map(
    lambda week: tuple(tuple(sorted(set(day))) for day in week)
)
quiets = st.lists(
    st.builds(
        lambda zone, window: QuietSpan(zone, *window),
        st.sampled_from(["Asia/Shanghai", "America/New_York", "Australia/Lord_Howe"]),
        windows,
    ),
    max_size=2,
).map(tuple)


@pytest.mark.slow
@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    place=st.sampled_from(PLACES),
    weekly=weeks | st.none(),
    quiet=quiets,
    said=st.lists(st.tuples(st.integers(-1, 2), st.sampled_from([HOLIDAY, WORKDAY])), max_size=2),
    offset=st.integers(-1500, 1500),
)
def test_every_answer_is_the_one_of_each_minute(
    place: tuple[str, date],
    weekly: tuple[tuple[tuple[time, time], ...], ...] | None,
    quiet: tuple[QuietSpan, ...],
    said: list[tuple[int, str]],
    offset: int,
) -> None:
    zone, day = place
    days = {day + timedelta(days=shift): kind for shift, kind in said}
    times = SendingTimes(zone=zone, weekly=weekly, days=days, quiet=quiet)
    since = datetime.combine(day, time(12), tzinfo=UTC) + offset * MINUTE
    minutes = [since + n * MINUTE for n in range(40 * 60)]
    answers = [is_open_by_the_minute(times, at) for at in minutes]
    assert [times.is_open(at) for at in minutes] == answers
    changes = [
        at for at, was, now in zip(minutes[1:], answers, answers[1:], strict=False) if was != now
    ]
    found, at = [], since
    while (change := times.next_change(at)) is not None and change <= minutes[-1]:
        found.append(change)
        at = change
    assert found == changes
    first_open = next((at for at, is_open in zip(minutes, answers, strict=True) if is_open), None)
    if first_open is not None:
        assert times.next_opening(since) == first_open
    openings = Openings(times)
    assert [openings.is_open(at) for at in minutes] == answers
    assert [openings.is_open(at) for at in reversed(minutes)] == answers[::-1]  # a clock set back
    open_minutes = sum(answers)
    if open_minutes:
        over = forecast(now=since, seconds=60.0 * open_minutes, times=times)
        last = max(at for at, is_open in zip(minutes, answers, strict=True) if is_open)
        assert over == last + MINUTE


# --- named cases ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("windows", "at", "expected"),
    [
        ("09:00-20:00", "2026-11-23T08:59:59", False),
        ("09:00-20:00", "2026-11-23T09:00:00", True),
        ("09:00-20:00", "2026-11-23T20:00:00", False),
        ("22:00-06:00", "2026-11-23T00:00:00", True),
        ("22:00-06:00", "2026-11-23T06:00:00", False),
        ("mon-fri=09:00-11:30,14:00-18:00", "2026-11-23T12:00:00", False),
        ("mon-fri=09:00-11:30,14:00-18:00", "2026-11-23T14:00:00", True),
        ("mon-fri=09:00-11:30,14:00-18:00", "2026-11-28T10:00:00", False),  # a Saturday
        ("09:00-20:00; sat,sun=", "2026-11-28T10:00:00", False),
        ("sat,sun=", "2026-11-28T10:00:00", False),
        ("sat,sun=", "2026-11-27T23:59:59", True),
        ("fri=22:00-02:00", "2026-11-28T01:59:59", True),  # of Friday, on Saturday
        ("sat=22:00-02:00", "2026-11-28T01:59:59", False),
        ("fri-mon=10:00-11:00", "2026-11-29T10:30:00", True),  # over the weekend
        ("00:00-24:00", "2026-11-28T23:59:59", True),
        ("18:00-24:00", "2026-11-28T00:00:00", False),
    ],
)
def test_a_window_is_open(windows: str, at: str, expected: bool) -> None:
    assert times_of(windows).is_open(wall(at, "Asia/Shanghai")) is expected


def test_the_two_hours_of_new_york_that_went_wrong() -> None:
    zone = "America/New_York"
    autumn = times_of("01:30-03:00", zone=zone)
    at = datetime(2026, 11, 1, 6, 15, tzinfo=UTC)  # 01:15 for the second time
    assert not autumn.is_open(at)
    assert autumn.next_opening(at) == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    spring = times_of("02:15-02:45", zone=zone)
    at = datetime(2026, 3, 8, 6, 0, tzinfo=UTC)
    opening = spring.next_opening(at)
    assert opening == wall("2026-03-09T02:15", zone)  # the clocks skip it on the 8th
    assert spring.is_open(opening)


def test_a_window_that_begins_in_a_gap_opens_after_it() -> None:
    berlin = times_of("02:30-11:00", zone="Europe/Berlin")
    at = datetime(2026, 3, 28, 11, tzinfo=UTC)
    assert berlin.next_opening(at) == datetime(2026, 3, 29, 1, tzinfo=UTC)  # 03:00


def test_a_holiday_closes_its_day_and_a_moved_working_day_opens() -> None:
    zone = "Asia/Shanghai"
    days = {date(2026, 10, 1): HOLIDAY, date(2026, 10, 10): WORKDAY}
    times = SendingTimes(zone=zone, weekly=read_windows(["mon-fri=09:00-18:00"]), days=days)
    assert not times.is_open(wall("2026-10-01T10:00", zone))
    assert times.is_open(wall("2026-10-10T10:00", zone))  # a Saturday
    late = SendingTimes(zone=zone, weekly=read_windows(["22:00-02:00"]), days=days)
    assert not late.is_open(wall("2026-10-01T01:00", zone))  # Wednesday's window ends at midnight
    assert not late.is_open(wall("2026-10-02T01:00", zone))  # the holiday has none to pass midnight


def test_a_zone_without_quiet_hours_of_its_own_obeys_all() -> None:
    shanghai = QuietSpan("Asia/Shanghai", time(22), time(8))
    lima = QuietSpan("America/Lima", time(22), time(8))
    both = (shanghai, lima)
    assert quiet_for(zone="Asia/Shanghai", quiet=both) == (shanghai,)
    assert quiet_for(zone="Etc/GMT+12", quiet=both) == both
    assert quiet_for(zone="PRC", quiet=(shanghai,)) == (shanghai,)


def test_windows_that_never_open_have_no_opening() -> None:
    quiet = (QuietSpan("UTC", time(8), time(21)),)
    times = SendingTimes(zone="UTC", weekly=read_windows(["09:00-20:00"]), quiet=quiet)
    at = datetime(2026, 5, 1, tzinfo=UTC)
    assert times.next_opening(at) is None
    assert forecast(now=at, seconds=1, times=times) is None


def test_a_deadline_closes_whatever_the_window() -> None:
    at = datetime(2026, 5, 1, tzinfo=UTC)
    openings = Openings(SendingTimes(zone="UTC"), deadline=at)
    assert openings.is_open(at - timedelta(microseconds=1))
    assert not openings.is_open(at)


def test_the_last_moment_there_is() -> None:
    at = datetime.max.replace(tzinfo=UTC) - timedelta(days=3)
    assert forecast(now=at, seconds=60, times=times_of("09:00-20:00", zone="UTC")) is not None


@pytest.mark.parametrize(
    ("told", "stored"),
    [
        (["09:00-20:00"], "09:00-20:00"),
        (["09：00–20：00"], "09:00-20:00"),
        (["mon-fri=09:00-11:30，14:00-18:00"], "mon-fri=09:00-11:30,14:00-18:00"),
        (["09:00-20:00", "sat,sun="], "mon-fri=09:00-20:00"),
        (["sat,sun="], "mon-fri=00:00-24:00"),
        (["Monday=09:00-10:00", "mon=12:00-13:00"], "mon=09:00-10:00,12:00-13:00"),
        (["18:00-24:00"], "18:00-24:00"),
        (["fri-mon=10:00-11:00"], "mon=10:00-11:00; fri-sun=10:00-11:00"),
        ([], ""),
        ([" ; "], ""),
    ],
)
def test_windows_are_stored_in_one_way(told: list[str], stored: str) -> None:
    assert format_windows(read_windows(told)) == stored
    assert format_windows(read_windows([stored])) == stored


@pytest.mark.parametrize(
    "text",
    ["9-20", "a-b", "09:00", "mon", "mon=9", "xyz=09:00-10:00", "=09:00-10:00", "mon-=",
     "²:00-3:00", "09:00-09:00", "\0", "\ud800=1", "9" * 5000, ",".join(["09:00-10:00"] * 200),
     "mon=;tue=;wed=;thu=;fri=;sat=;sun=", ",".join(f"{h:02}:00-{h:02}:30" for h in range(13)),
     "09:00-10:00Z"],
)  # fmt: skip
def test_what_is_no_window_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_windows([text])
    assert refused.value.code == "window_malformed"


@settings(max_examples=examples(200), deadline=None)
@given(st.text(max_size=60) | st.text("montuefri=-:,;0123456789 ", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        weekly = read_windows([text])
    except Refusal:
        return
    assert read_windows([format_windows(weekly)]) == weekly


@pytest.mark.parametrize(
    ("zone", "day", "at", "expected"),
    [
        ("America/New_York", "2026-03-08", "02:30", "2026-03-08T03:00-04:00"),
        ("America/New_York", "2026-11-01", "01:30", "2026-11-01T01:30-04:00"),
        ("Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-04T02:30+11:00"),
        ("Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-05T01:45+11:00"),
        ("Africa/Casablanca", "2026-03-22", "02:30", "2026-03-22T03:00+01:00"),
        ("America/Sao_Paulo", "2018-11-04", "00:00", "2018-11-04T01:00-02:00"),
        ("Pacific/Apia", "2011-12-30", "09:00", None),
    ],
)
def test_a_time_happens_once_on_each_day_there_is(
    zone: str, day: str, at: str, expected: str | None
) -> None:
    moment = first_moment(date.fromisoformat(day), time.fromisoformat(at), zone=ZoneInfo(zone))
    assert moment == (datetime.fromisoformat(expected) if expected else None)

"""Times as operators write them, and when work would be over."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from campaigns.creation.schedule import read_start, read_timezone
from foundation.refusals import Refusal
from foundation.weekly import Window, read_windows
from sending.runs.windows import SendingTimes, forecast

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai
SHANGHAI = "Asia/Shanghai"


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("09:00-20:00", (time(9), time(20))),
        (" 09:00 - 20:30 ", (time(9), time(20, 30))),
        ("22:00–02:00", (time(22), time(2))),
        ("00:00-23:59", (time(0), time(23, 59))),
    ],
)
def test_it_reads_a_window(text: str, window: Window) -> None:
    weekly = read_windows([text])
    assert weekly == ((window,),) * 7


@pytest.mark.parametrize(
    "text", ["", "9-20", "09:00", "09:00-", "-20:00", "09:00-25:00", "09:00-09:00", "a-b"]
)
def test_it_refuses_an_invalid_window(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_windows([text or "x"])
    assert refused.value.code == "window_malformed"


@pytest.mark.parametrize(
    ("text", "timezone", "moment"),
    [
        ("2026-03-02T12:00", SHANGHAI, NOON),
        ("2026-03-02 12:00:00", SHANGHAI, NOON),
        ("2026-03-02T13:00", "Asia/Tokyo", NOON),
        ("2026-03-02T04:00Z", SHANGHAI, NOON),
        ("2026-03-02T05:00+01:00", SHANGHAI, NOON),
    ],
)
def test_it_reads_a_start_in_the_time_zone(text: str, timezone: str, moment: datetime) -> None:
    assert read_start(text, timezone=timezone) == moment


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-13-01T00:00", "12:00"])
def test_it_refuses_an_invalid_time(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_start(text, timezone=SHANGHAI)
    assert refused.value.code == "start_malformed"


@pytest.mark.parametrize(
    ("name", "near"), [("Asia/Shanghi", SHANGHAI), ("Shanghai", SHANGHAI), ("../etc", "")]
)
def test_it_refuses_an_unknown_time_zone_and_names_the_nearest(name: str, near: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_timezone(name)
    assert refused.value.code == "timezone_unknown"
    assert near in refused.value.sentence


HOUR = 3600.0


@pytest.mark.parametrize(
    ("hours", "window", "over"),
    [
        (2, None, NOON + timedelta(hours=2)),
        (2, (time(9), time(20)), NOON + timedelta(hours=2)),
        (8, (time(9), time(20)), NOON + timedelta(hours=8)),  # to the minute
        (9, (time(9), time(20)), NOON + timedelta(hours=9 + 13)),  # a night between
        (9 + 11, (time(9), time(20)), NOON + timedelta(hours=20 + 2 * 13)),
        (1, (time(14), time(20)), NOON + timedelta(hours=3)),  # not open yet
        (1, (time(9), time(11)), NOON + timedelta(hours=22)),  # over for today
        (3, (time(22), time(2)), NOON + timedelta(hours=13)),  # past midnight
        (5, (time(22), time(2)), NOON + timedelta(hours=10 + 24 + 1)),
        (1, (time(20), time(13)), NOON + timedelta(hours=1)),  # opened yesterday
        (0, (time(9), time(20)), NOON),
        (24 * 400, None, None),
        (24 * 300, (time(9), time(10)), None),
    ],
)
def test_it_forecasts_across_windows(
    hours: float, window: Window | None, over: datetime | None
) -> None:
    assert forecast(now=NOON, seconds=hours * HOUR, times=_times(window, SHANGHAI)) == over


def test_it_forecasts_across_a_change_of_the_clock() -> None:
    # In Berlin the window of 29 March 2026, 01:00 to 04:00, has two hours.
    now = datetime(2026, 3, 28, 12, tzinfo=UTC)
    over = forecast(now=now, seconds=2.5 * HOUR, times=_times((time(1), time(4)), "Europe/Berlin"))
    assert over == datetime(2026, 3, 29, 23, 30, tzinfo=UTC)


def _times(window: Window | None, zone: str) -> SendingTimes:
    return SendingTimes(zone=zone, weekly=((window,),) * 7 if window is not None else None)

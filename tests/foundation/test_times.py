"""Times that people write."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from foundation.times import read_moment


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2026-12-01T09:00", "Asia/Shanghai", "2026-12-01T01:00:00+00:00"),
        # The clocks skip 02:30: the first moment after the gap, as in a repeated schedule.
        ("2027-03-14T02:30", "America/New_York", "2027-03-14T07:00:00+00:00"),
        ("2027-03-14T02:30:15.5", "America/New_York", "2027-03-14T07:00:00+00:00"),
        ("2027-03-14T02:30-04:00", "America/New_York", "2027-03-14T06:30:00+00:00"),
        # They show 01:30 twice: the first.
        ("2027-11-07T01:30", "America/New_York", "2027-11-07T05:30:00+00:00"),
        # The day was left out.
        ("2011-12-30T10:00", "Pacific/Apia", "2011-12-30T20:00:00+00:00"),
    ],
)
def test_a_time_is_read_on_the_clocks_of_its_zone(text: str, zone: str, expected: str) -> None:
    assert read_moment(text, zone=ZoneInfo(zone)).isoformat() == expected

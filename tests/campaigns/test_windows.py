"""Sending windows: open or not, and when next, through midnight and changes of clocks."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

import pytest

from sending.runs.windows import is_open, next_opening

SHANGHAI, BERLIN = "Asia/Shanghai", "Europe/Berlin"


@pytest.mark.parametrize(
    ("start", "end", "at", "expected"),
    [
        ("09:00", "20:00", "08:59:59", False),
        ("09:00", "20:00", "09:00:00", True),
        ("09:00", "20:00", "19:59:59", True),
        ("09:00", "20:00", "20:00:00", False),
        ("22:00", "06:00", "21:59:59", False),
        ("22:00", "06:00", "22:00:00", True),
        ("22:00", "06:00", "00:00:00", True),
        ("22:00", "06:00", "05:59:59", True),
        ("22:00", "06:00", "06:00:00", False),
        ("09:00", "09:00", "03:00:00", True),
        (None, None, "03:00:00", True),
    ],
)
def test_a_window_is_open(start: str | None, end: str | None, at: str, expected: bool) -> None:
    hour = time.fromisoformat(at).hour
    moment = datetime.fromisoformat(f"2026-11-23T{at}+08:00")
    assert moment.hour == hour
    window: dict[str, Any] = {
        "start": time.fromisoformat(start) if start else None,
        "end": time.fromisoformat(end) if end else None,
        "zone": SHANGHAI,
    }
    assert is_open(**window, at=moment.astimezone(UTC)) is expected
    if not expected:
        opening = next_opening(**window, at=moment)
        assert opening > moment
        assert is_open(**window, at=opening)
        assert opening.astimezone(moment.tzinfo).time() == window["start"]


@pytest.mark.parametrize(
    ("at", "start", "expected"),
    [
        # 2026-03-29 02:30 does not exist in Berlin: the clocks go from 02:00 to 03:00.
        ("2026-03-28T12:00:00+01:00", "02:30", "2026-03-29T03:30:00+02:00"),
        # 2026-10-25 02:30 exists twice: the first counts.
        ("2026-10-24T12:00:00+02:00", "02:30", "2026-10-25T02:30:00+02:00"),
        ("2026-06-01T23:00:00+02:00", "09:00", "2026-06-02T09:00:00+02:00"),
    ],
)
def test_the_next_opening_when_the_clocks_change(at: str, start: str, expected: str) -> None:
    opening = next_opening(
        start=time.fromisoformat(start),
        end=time(11, 0),
        zone=BERLIN,
        at=datetime.fromisoformat(at),
    )
    assert opening == datetime.fromisoformat(expected)

"""The time in a text is the time of its campaign's zone."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from texts.rendering import compile_text

NOW = datetime(2026, 11, 30, 18, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ('{{ "now" | date: "%Y-%m-%d %H:%M" }}', "Asia/Shanghai", "2026-12-01 02:30"),
        ('{{ "now" | date: "%Y-%m-%d %H:%M" }}', "America/Lima", "2026-11-30 13:30"),
        ('{{ "today" | date: "%d" }}', "Asia/Shanghai", "01"),
        ('{{ 1796063400 | date: "%H:%M" }}', "Asia/Shanghai", "02:30"),
        ('{{ "2026-12-24" | date: "%d.%m." }}', "Asia/Shanghai", "24.12."),
        ('{{ "now" | date: "%H", now: 3 }}', "Asia/Shanghai", "02"),
    ],
)
def test_the_time_is_told_in_the_zone(text: str, zone: str, expected: str) -> None:
    now = NOW.astimezone(ZoneInfo(zone))
    assert compile_text(text).render({"now": "x", "today": "x"}, now=now) == expected

"""The rules of repeated campaigns, also when the clocks change, compared with cron's dates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.scheduling.rule import read_rule
from campaigns.scheduling.words import rule_words
from foundation.refusals import Refusal
from tests.examples import examples


def dates(rule: str, *, zone: str, after: str, most: int = 3) -> list[str]:
    """The next dates by the wall clock."""
    local = ZoneInfo(zone)
    since = datetime.fromisoformat(after).replace(tzinfo=local).astimezone(UTC)
    found = islice(read_rule(rule).dates(zone=local, after=since), most)
    return [at.astimezone(local).isoformat(timespec="minutes") for at in found]


@pytest.mark.parametrize(
    ("rule", "zone", "after", "expected"),
    [
        ("daily@09:00", "Asia/Shanghai", "2026-11-30T09:00",
         ["2026-12-01T09:00+08:00", "2026-12-02T09:00+08:00", "2026-12-03T09:00+08:00"]),
        ("weekly@mon,thu 09:00", "Asia/Shanghai", "2026-11-30T09:00",
         ["2026-12-03T09:00+08:00", "2026-12-07T09:00+08:00", "2026-12-10T09:00+08:00"]),
        ("monthly@31 09:00", "Asia/Shanghai", "2027-01-01T00:00",
         ["2027-01-31T09:00+08:00", "2027-02-28T09:00+08:00", "2027-03-31T09:00+08:00"]),
        ("monthly@29 09:00", "Asia/Shanghai", "2028-02-01T00:00",
         ["2028-02-29T09:00+08:00", "2028-03-29T09:00+08:00", "2028-04-29T09:00+08:00"]),
        ("cron@0 9 * * 1-5", "Asia/Shanghai", "2026-11-27T09:00",
         ["2026-11-30T09:00+08:00", "2026-12-01T09:00+08:00", "2026-12-02T09:00+08:00"]),
        # The clocks skip 02:30; they show 01:30 twice.
        ("daily@02:30", "America/New_York", "2026-03-07T12:00",
         ["2026-03-08T03:00-04:00", "2026-03-09T02:30-04:00", "2026-03-10T02:30-04:00"]),
        ("daily@01:30", "America/New_York", "2026-10-31T12:00",
         ["2026-11-01T01:30-04:00", "2026-11-02T01:30-05:00", "2026-11-03T01:30-05:00"]),
        ("cron@30 2 * * *", "America/New_York", "2026-03-07T12:00",
         ["2026-03-08T03:00-04:00", "2026-03-09T02:30-04:00", "2026-03-10T02:30-04:00"]),
        ("cron@30 1 * * *", "America/New_York", "2026-11-01T01:30",
         ["2026-11-02T01:30-05:00", "2026-11-03T01:30-05:00", "2026-11-04T01:30-05:00"]),
        # The same with a fixed hour and minutes that are not: no day is lost, and none is doubled.
        ("cron@*/30 2 * * *", "America/New_York", "2026-03-07T12:00",
         ["2026-03-08T03:00-04:00", "2026-03-09T02:00-04:00", "2026-03-09T02:30-04:00"]),
        ("cron@*/30 1 * * *", "America/New_York", "2026-10-31T12:00",
         ["2026-11-01T01:00-04:00", "2026-11-01T01:30-04:00", "2026-11-02T01:00-05:00"]),
        ("cron@*/30 * * * *", "America/New_York", "2026-11-01T01:20",
         ["2026-11-01T01:30-04:00", "2026-11-01T01:00-05:00", "2026-11-01T01:30-05:00"]),
        # The day does not exist in Apia.
        ("daily@09:00", "Pacific/Apia", "2011-12-28T12:00",
         ["2011-12-29T09:00-10:00", "2011-12-31T09:00+14:00", "2012-01-01T09:00+14:00"]),
        ("cron@0 0 29 2 *", "UTC", "2026-01-01T00:00", ["2028-02-29T00:00+00:00"]),
    ],
)  # fmt: skip
def test_the_dates_of_a_rule(rule: str, zone: str, after: str, expected: list[str]) -> None:
    assert dates(rule, zone=zone, after=after, most=len(expected)) == expected


@settings(max_examples=examples(150), deadline=None)
@given(
    zone=st.sampled_from(
        ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Africa/Casablanca", "UTC",
         "America/Sao_Paulo", "Asia/Shanghai", "Africa/Cairo"]
    ),
    hour=st.integers(0, 23),
    minute=st.sampled_from([0, 1, 15, 30, 45, 59]),
    day=st.integers(0, 1200),
)  # fmt: skip
def test_a_daily_rule_is_the_cron_line_of_that_time(
    zone: str, hour: int, minute: int, day: int
) -> None:
    local = ZoneInfo(zone)
    after = datetime(2024, 1, 1, 12, tzinfo=UTC) + timedelta(days=day)
    rule = read_rule(f"daily@{hour:02}:{minute:02}")
    found = list(islice(rule.dates(zone=local, after=after), 5))
    cron = CronSim(f"{minute} {hour} * * *", after.astimezone(local))
    assert found == [at.astimezone(UTC) for at in islice(cron, 5)]
    as_cron = read_rule(f"cron@{minute} {hour} * * *")
    assert list(islice(as_cron.dates(zone=local, after=after), 5)) == found


@pytest.mark.parametrize(
    "text",
    ["", "daily", "daily@", "daily@9", "daily@25:00", "daily@09:00Z", "daily@09:00:30", "@", "x@1",
     "weekly@09:00", "weekly@xyz 09:00", "weekly@mon", "monthly@0 09:00", "monthly@32 09:00",
     "monthly@² 09:00", "cron@* * * *", "cron@61 * * * *", "cron@0 0 31 2 *", "cron@* * * * * *",
     "cron@\0 0 * * *", "daily@\ud800", "cron@" + "9" * 5000, "weekly@" + "mon," * 500 + " 09:00"],
)  # fmt: skip
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_rule(text)
    assert refused.value.code == "repeat_malformed"


@settings(max_examples=examples(200), deadline=None)
@given(st.text(max_size=40) | st.text("dailyweekmonthcrn@ 0123456789*/-,:", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        rule = read_rule(text)
    except Refusal:
        return
    assert read_rule(str(rule)) == rule
    assert rule_words(str(rule))

"""The end of a schedule, its pause, its cancelled dates, and an edited rule."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from campaigns.models import Campaign, CampaignRun
from campaigns.run_control.occurrences import start_due_occurrences
from campaigns.run_control.schedule import (
    apply_changed_schedule,
    cancel_date,
    end_schedule,
    pause_schedule,
    restore_date,
    resume_schedule,
    start_schedule,
)
from campaigns.scheduling.dates import next_dates
from foundation.refusals import Refusal
from tests.campaigns.occurrences import (
    BEGIN,
    DAY,
    HOUR,
    MINUTE,
    NINE,
    Time,
    finish,
    maker,
    tick,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    return Time(monkeypatch)


@pytest.fixture
def make(time: Time) -> Callable[..., Campaign]:
    return maker()


@pytest.mark.parametrize("end", ["times", "until"])
def test_the_schedule_ends(end: str, make: Callable[..., Campaign], time: Time) -> None:
    ends = {"repeat_times": 2} if end == "times" else {"repeat_until": NINE + DAY}
    campaign = make(**ends)
    assert next_dates(campaign=Campaign.objects.get(), most=9) == [NINE, NINE + DAY]
    for number in range(4):
        tick(time, NINE + number * DAY)
        finish()
    assert CampaignRun.objects.count() == 2
    campaign.refresh_from_db()
    assert campaign.schedule_state == "ended"
    assert next_dates(campaign=campaign) == []
    with pytest.raises(Refusal) as refused:
        resume_schedule(campaign=campaign)
    assert refused.value.code == "wrong_state"


def test_one_date_is_cancelled_and_restored(make: Callable[..., Campaign], time: Time) -> None:
    campaign = make(repeat_times=3)
    cancel_date(campaign=campaign, at=NINE)
    cancel_date(campaign=campaign, at=NINE + DAY)
    assert next_dates(campaign=campaign, most=9) == [NINE + 2 * DAY]
    restore_date(campaign=campaign, at=NINE + DAY)
    assert tick(time, NINE) == 0
    assert tick(time, NINE + DAY) == 1
    for at in (NINE, NINE + MINUTE, BEGIN - DAY):
        with pytest.raises(Refusal) as refused:
            cancel_date(campaign=campaign, at=at)
        assert refused.value.code == "date_unknown"
    reasons = [row.history_change_reason for row in campaign.history.all()]
    assert "cancelled the date 2026-12-01T01:00:00Z" in reasons


def test_a_date_that_waits_can_be_cancelled(make: Callable[..., Campaign], time: Time) -> None:
    campaign = make()
    tick(time, NINE)
    tick(time, NINE + DAY)
    cancel_date(campaign=campaign, at=NINE + DAY)
    finish()
    assert tick(time, NINE + DAY + MINUTE) == 0


def test_dates_during_a_pause_start_nothing_also_afterwards(
    make: Callable[..., Campaign], time: Time
) -> None:
    campaign = make(repeat_times=2)
    pause_schedule(campaign=campaign)
    assert tick(time, NINE + 3 * DAY) == 0
    assert resume_schedule(campaign=campaign) == NINE + 4 * DAY
    assert tick(time, NINE + 3 * DAY + HOUR) == 0
    assert tick(time, NINE + 4 * DAY) == 1


def test_an_ended_schedule_starts_nothing_and_can_be_started_anew(
    make: Callable[..., Campaign], time: Time
) -> None:
    campaign = make()
    end_schedule(campaign=campaign)
    assert tick(time, NINE) == 0
    assert start_schedule(campaign=campaign) == NINE + DAY
    with pytest.raises(Refusal) as refused:
        start_schedule(campaign=campaign)
    assert refused.value.code == "already_active"


def test_an_edited_rule_starts_nothing_of_the_past(
    make: Callable[..., Campaign], time: Time
) -> None:
    campaign = make()
    tick(time, NINE)
    finish()
    time.at = NINE + 6 * HOUR
    Campaign.objects.update(repeat="daily@10:00")
    apply_changed_schedule(campaign=campaign)
    assert start_due_occurrences() == 0
    assert next_dates(campaign=Campaign.objects.get(), most=1) == [NINE + DAY + HOUR]

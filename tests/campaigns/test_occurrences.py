"""The dates of repeated campaigns: each starts one run at most, and none is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.test import RequestFactory

from accounts.models import Account
from campaigns.models import Campaign, CampaignRun, Occurrence
from campaigns.planning.prepare import start_scheduled_runs
from campaigns.run_control.lifecycle import cancel_run, start_campaign
from campaigns.run_control.occurrences import start_due_occurrences
from campaigns.run_control.schedule import (
    end_schedule,
    start_schedule,
)
from campaigns.scheduling.dates import next_dates
from contacts.models import ContactList
from qqcampaign.console.attention import attention_items
from sending.models import QuietHours
from sending.states import RunState
from tests.campaigns.factories import make_campaign
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
    told,
)

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clean_redis"),
    pytest.mark.both_databases,
]


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    return Time(monkeypatch)


@pytest.fixture
def make(time: Time) -> Callable[..., Campaign]:
    return maker()


def test_each_date_starts_a_run_with_the_text_and_audience_of_its_day(
    make: Callable[..., Campaign], time: Time
) -> None:
    campaign = make()
    assert tick(time, NINE - MINUTE) == 0
    assert tick(time, NINE) == 1
    finish()
    Campaign.objects.update(text="second")
    assert tick(time, NINE + DAY) == 1
    runs = list(CampaignRun.objects.order_by("number"))
    assert [(run.number, run.text, run.starts_at) for run in runs] == [
        (1, "hi", NINE),
        (2, "second", NINE + DAY),
    ]
    assert {run.state for run in runs} == {RunState.FINISHED, RunState.PREPARING}
    assert told() == [(NINE, "started"), (NINE + DAY, "started")]
    assert next_dates(campaign=Campaign.objects.get(pk=campaign.pk), most=2) == [
        NINE + 2 * DAY,
        NINE + 3 * DAY,
    ]


def test_a_tick_that_runs_again_starts_nothing_more(
    make: Callable[..., Campaign], time: Time
) -> None:
    make()
    assert [tick(time, NINE) for _again in range(3)] == [1, 0, 0]
    finish()
    assert tick(time, NINE + HOUR) == 0
    time.at = NINE - 2 * HOUR  # the clock is set back
    assert start_due_occurrences() == 0
    assert CampaignRun.objects.count() == 1


def test_the_database_refuses_a_second_row_of_a_date(make: Callable[..., Campaign]) -> None:
    campaign = make()
    row = {"campaign": campaign, "at": NINE, "changed_at": NINE}
    Occurrence.objects.create(state="started", **row)
    with pytest.raises(IntegrityError), transaction.atomic():
        Occurrence.objects.create(state="waiting", **row)


@pytest.mark.django_db(transaction=True)
def test_ticks_at_once_start_one_run(make: Callable[..., Campaign], time: Time) -> None:
    make()
    time.at = NINE
    started: list[int] = []
    barrier = threading.Barrier(4)

    def run() -> None:
        barrier.wait()
        started.append(start_due_occurrences())
        connection.close()

    threads = [threading.Thread(target=run) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(started) == [0, 0, 0, 1]
    assert CampaignRun.objects.count() == 1


@pytest.mark.parametrize("late", ["send", "move", "drop"])
def test_an_outage_of_days_starts_one_run_at_most(
    late: str, make: Callable[..., Campaign], time: Time
) -> None:
    make(late=late)
    assert tick(time, NINE + 5 * DAY + HOUR) == (0 if late == "drop" else 1)
    dropped = [(NINE + n * DAY, "dropped") for n in range(5)]
    last = "dropped" if late == "drop" else "started"
    assert told() == [*dropped, (NINE + 5 * DAY, last)]


def test_a_long_outage_of_a_frequent_schedule_keeps_few_rows(
    make: Callable[..., Campaign], time: Time
) -> None:
    make(repeat="cron@* * * * *", repeat_times=100_000)
    assert tick(time, NINE + 2 * DAY) == 1
    assert Occurrence.objects.count() == 21
    assert Campaign.objects.get().dates_passed == 60 + 2 * 24 * 60


def test_a_late_start_moves_to_the_next_window(make: Callable[..., Campaign], time: Time) -> None:
    make(late="move", windows="09:00-11:30,14:00-18:00")
    assert tick(time, NINE + HOUR) == 0  # the system was down at nine: 10:00 is late
    assert Occurrence.objects.get().not_before == NINE + 5 * HOUR
    assert tick(time, NINE + 5 * HOUR - MINUTE) == 0
    assert tick(time, NINE + 5 * HOUR) == 1


@pytest.mark.parametrize(("late", "begins"), [("send", DAY), ("move", DAY), ("drop", None)])
def test_a_date_in_a_closed_window(
    late: str, begins: timedelta | None, make: Callable[..., Campaign], time: Time
) -> None:
    make(late=late, repeat="weekly@mon 20:00", windows="09:00-11:00")
    at = NINE + 11 * HOUR
    assert tick(time, at) == 0
    if begins is None:
        assert told() == [(at, "dropped")]
        assert "it opens at" in Occurrence.objects.get().detail
        return
    assert tick(time, NINE + begins - MINUTE) == 0
    assert tick(time, NINE + begins) == 1


def test_a_date_just_before_its_window_waits_for_it(
    make: Callable[..., Campaign], time: Time
) -> None:
    make(late="drop", repeat="daily@08:50", windows="09:00-11:00")
    assert tick(time, NINE - 10 * MINUTE) == 0
    assert tick(time, NINE) == 1


@pytest.mark.parametrize(("late", "state"), [("send", "started"), ("drop", "dropped")])
def test_a_date_waits_for_the_end_of_the_previous_run(
    late: str, state: str, make: Callable[..., Campaign], time: Time
) -> None:
    make(late=late)
    assert tick(time, NINE) == 1
    assert tick(time, NINE + DAY) == 0
    assert told()[1] == (NINE + DAY, "waiting")
    tick(time, NINE + DAY + HOUR)
    finish()
    assert tick(time, NINE + DAY + 2 * HOUR) == (state == "started")
    assert told()[1] == (NINE + DAY, state)


def test_a_newer_date_takes_the_place_of_one_that_waits(
    make: Callable[..., Campaign], time: Time
) -> None:
    make()
    assert [tick(time, NINE), tick(time, NINE + DAY), tick(time, NINE + 2 * DAY)] == [1, 0, 0]
    finish()
    assert tick(time, NINE + 2 * DAY + HOUR) == 1
    assert [state for _at, state in told()] == ["started", "dropped", "started"]


def test_a_campaign_that_cannot_start_says_why_and_tries_again_next_time(
    make: Callable[..., Campaign], time: Time
) -> None:
    make()
    Account.objects.update(state="disabled")
    assert tick(time, NINE) == 0
    assert "quarantined or disabled" in Occurrence.objects.get().detail
    Account.objects.update(state="new")
    assert tick(time, NINE + DAY) == 1


def test_a_schedule_that_fails_stops_alone(make: Callable[..., Campaign], time: Time) -> None:
    broken = make()
    other = make_campaign("other", lists=[ContactList.objects.get()], repeat="daily@09:00")
    start_schedule(campaign=other)
    Campaign.objects.filter(pk=broken.pk).update(timezone="Mars/Olympus")
    assert tick(time, NINE) == 1
    broken.refresh_from_db()
    assert broken.schedule_state == "paused"
    assert "program error" in broken.schedule_detail
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True, is_active=True)
    told = [item.sentence for item in attention_items(request)]
    assert any("“spring” stopped itself" in sentence for sentence in told)


def test_quiet_hours_hold_a_date_back(make: Callable[..., Campaign], time: Time) -> None:
    QuietHours.objects.create(timezone="Asia/Shanghai", start="08:30", end="10:00")
    make()
    assert tick(time, NINE) == 0
    assert tick(time, NINE + HOUR) == 1


def test_the_deadline_of_each_run_counts_from_its_date(
    make: Callable[..., Campaign], time: Time
) -> None:
    make(deadline_after=4 * 3600)
    tick(time, NINE + HOUR)
    assert CampaignRun.objects.get().deadline_at == NINE + 4 * HOUR
    finish()
    assert tick(time, NINE + DAY + 5 * HOUR) == 0
    assert "deadline passed" in Occurrence.objects.latest("at").detail


@pytest.mark.parametrize("late", ["send", "move"])
def test_the_deadline_of_a_date_that_moves_counts_from_the_opening(
    late: str, make: Callable[..., Campaign], time: Time
) -> None:
    make(late=late, deadline_after=4 * 3600, repeat="weekly@mon 20:00", windows="09:00-21:00")
    QuietHours.objects.create(timezone="Asia/Shanghai", start="19:00", end="23:00")
    assert tick(time, NINE + 11 * HOUR) == 0
    assert tick(time, NINE + DAY) == 1
    assert CampaignRun.objects.get().deadline_at == NINE + DAY + 4 * HOUR


@pytest.mark.parametrize(
    ("late", "state", "moved"),
    [("send", "preparing", None), ("drop", "cancelled", None), ("move", "scheduled", 5)],
)
def test_a_single_start_that_is_late(
    late: str, state: str, moved: int | None, make: Callable[..., Campaign], time: Time
) -> None:
    campaign = make(repeat_times=1)
    end_schedule(campaign=campaign)
    Campaign.objects.update(
        repeat="", repeat_times=None, starts_at=NINE, late=late, windows="09:00-11:30,14:00-18:00"
    )
    campaign.refresh_from_db()
    run = start_campaign(campaign=campaign)
    time.at = NINE + HOUR
    start_scheduled_runs()
    run.refresh_from_db()
    assert run.state == state
    if moved:
        assert run.starts_at == NINE + moved * HOUR
        time.at = run.starts_at
        assert start_scheduled_runs() == 1


def test_a_run_that_was_cancelled_makes_room_for_the_next_date(
    make: Callable[..., Campaign], time: Time
) -> None:
    make()
    tick(time, NINE)
    cancel_run(run=CampaignRun.objects.get())
    assert tick(time, NINE + DAY) == 1


def test_a_date_that_started_does_not_start_again_after_the_clock_was_set_back(
    make: Callable[..., Campaign], time: Time
) -> None:
    campaign = make()
    assert tick(time, NINE) == 1
    finish()
    end_schedule(campaign=campaign)
    time.at = BEGIN
    start_schedule(campaign=campaign)
    assert tick(time, NINE) == 0
    campaign.refresh_from_db()
    assert campaign.schedule_state == "on"
    assert tick(time, NINE + DAY) == 1

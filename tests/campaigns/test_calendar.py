"""The starts of a month, campaigns that clash, and moving a scheduled start."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from campaigns.models import Campaign, CampaignRun
from campaigns.run_control.lifecycle import cancel_run, start_campaign
from campaigns.run_control.move_start import move_start
from campaigns.run_control.schedule import start_schedule
from campaigns.scheduling.calendar import CLASH, entries_between
from foundation.refusals import Refusal
from sending.states import RunState
from tests.campaigns.factories import make_account, make_campaign, make_list
from tests.commandline import manage

pytestmark = pytest.mark.django_db
SOON = timezone.now().replace(microsecond=0) + timedelta(days=20)


@pytest.fixture
def audience() -> None:
    make_account(20_001, friends=[100_000])
    make_list("会员", [100_000])


def scheduled(name: str, at: datetime = SOON, **columns: Any) -> CampaignRun:
    campaign = make_campaign(name, starts_at=at, **columns)
    campaign.lists.set([make_list("会员")])
    return start_campaign(campaign=campaign)


@pytest.mark.usefixtures("audience")
def test_runs_and_dates_of_repeated_campaigns_are_listed_in_order() -> None:
    one = scheduled("once")
    weekly = make_campaign("weekly", repeat="daily@09:00", timezone="Asia/Shanghai")
    weekly.lists.set([make_list("会员")])
    start_schedule(campaign=weekly)
    found = entries_between(SOON - timedelta(hours=36), SOON + timedelta(hours=36))
    assert [entry.at for entry in found] == sorted(entry.at for entry in found)
    assert [entry.run for entry in found if entry.run] == [one]
    assert sum(entry.campaign.pk == weekly.pk for entry in found) == 3
    assert all(entry.is_ahead for entry in found)
    cancel_run(run=one)
    later = entries_between(SOON - timedelta(hours=1), SOON + timedelta(hours=1))
    assert [entry for entry in later if entry.run] == []


@pytest.mark.usefixtures("audience")
def test_a_campaign_that_starts_often_is_listed_to_the_last_day() -> None:
    often = make_campaign("often", repeat="cron@*/30 * * * *", timezone="Asia/Shanghai")
    often.lists.set([make_list("会员")])
    start_schedule(campaign=often)
    found = entries_between(SOON, SOON + timedelta(days=30))
    assert len(found) == 30 * 48
    assert found[-1].at > SOON + timedelta(days=30) - timedelta(hours=1)


@pytest.mark.usefixtures("audience")
def test_two_campaigns_to_one_list_clash_within_a_week_and_no_longer() -> None:
    scheduled("one")
    scheduled("two", SOON + CLASH - timedelta(minutes=1))
    scheduled("three", SOON + CLASH + timedelta(days=30))
    one, two = entries_between(SOON, SOON + CLASH)
    assert one.clashes == {"two": ["会员"]}
    assert two.clashes == {"one": ["会员"]}
    # The other of the two is outside what is shown, and is told all the same.
    (alone,) = entries_between(SOON, SOON + timedelta(days=1))
    assert alone.clashes == {"two": ["会员"]}
    moved = Campaign.objects.get(name="two").runs.get()
    move_start(run=moved, to=SOON + CLASH)
    assert entries_between(SOON, SOON + timedelta(days=1))[0].clashes == {}


@pytest.mark.usefixtures("audience")
def test_a_start_is_moved_with_the_deadline_that_counts_from_it() -> None:
    run = scheduled("c", deadline_after=7200)
    to = SOON + timedelta(days=3)
    move_start(run=run, to=to)
    run.refresh_from_db()
    assert (run.state, run.starts_at) == (RunState.SCHEDULED, to)
    assert run.deadline_at == to + timedelta(hours=2)
    assert Campaign.objects.get().starts_at == to
    newest = run.events.first()
    assert newest is not None
    assert "The start was moved to" in str(newest.detail)


@pytest.mark.usefixtures("audience")
def test_what_cannot_be_moved_is_refused() -> None:
    run = scheduled("c", deadline_at=SOON + timedelta(days=2))
    with pytest.raises(Refusal) as refused:
        move_start(run=run, to=SOON + timedelta(days=3))
    assert refused.value.code == "deadline_past"
    with pytest.raises(Refusal) as refused:
        move_start(run=run, to=datetime(2020, 1, 1, tzinfo=UTC))
    assert refused.value.code == "start_past"
    cancel_run(run=run)
    with pytest.raises(Refusal) as refused:
        move_start(run=run, to=SOON)
    assert refused.value.code == "wrong_state"
    run.refresh_from_db()
    assert run.starts_at == SOON


@pytest.mark.usefixtures("audience")
def test_the_command_moves_and_says_when() -> None:
    scheduled("春", timezone="Asia/Shanghai")
    said = manage("campaign", "move-start", "春", "--at", "2029-05-01T09:00", "--json").json
    assert (said["state"], said["starts_at"]) == ("scheduled", "2029-05-01T01:00:00Z")
    assert manage("campaign", "move-start", "春", "--at", "someday").status == 1

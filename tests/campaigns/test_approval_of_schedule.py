"""A repeated campaign is approved once for its rule, and again only when that changes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from campaigns.models import Approval, Campaign, CampaignRun, MessageTemplate, Occurrence
from campaigns.planning.late_comers import add_late_comers
from campaigns.planning.prepare import advance_runs
from campaigns.run_control.approve import approve, reject
from campaigns.run_control.occurrences import start_due_occurrences
from campaigns.run_control.require_approval import require_approval
from campaigns.run_control.schedule import (
    ask_again_if_changed,
    end_schedule,
    resume_schedule,
    start_schedule,
)
from clocks import shared
from foundation.refusals import Refusal
from sending.models import Delivery
from sending.states import RunState
from tests.campaigns.factories import make_account, make_campaign, make_list

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]


@pytest.fixture
def second(db: None) -> User:
    return User.objects.create_superuser("second")


@pytest.fixture
def campaign(db: None) -> Campaign:
    make_account(20_001, friends=range(100_000, 100_009))
    template = MessageTemplate.objects.create(name="t", text="hello")
    made = make_campaign(
        "weekly",
        lists=[make_list("all", range(100_000, 100_004))],
        text="",
        template=template,
        needs_approval=True,
        repeat="cron@* * * * *",
    )
    return Campaign.objects.get(pk=made.pk)


def tick(campaign: Campaign, *, minutes: int = 2) -> int:
    """Let a date come: as many minutes pass."""
    campaign.refresh_from_db()
    through = shared.wall() - timedelta(minutes=minutes)
    Campaign.objects.update(scheduled_through=through)
    started = start_due_occurrences()
    campaign.refresh_from_db()
    return started


def finish() -> None:
    for run in CampaignRun.objects.filter(state=RunState.PREPARING):
        advance_runs(runs=[run])
    CampaignRun.objects.filter(state=RunState.RUNNING).update(state=RunState.FINISHED)
    Occurrence.objects.all().delete()  # so that the same minute can come once more


def test_the_schedule_waits_and_is_approved_once(campaign: Campaign, second: User) -> None:
    start_schedule(campaign=campaign)
    assert tick(campaign) == 0
    assert (campaign.schedule_state, CampaignRun.objects.count()) == ("awaiting", 0)
    request = Approval.objects.get()
    assert (request.run, campaign.rehearsals.get().hash) == (None, request.hash)
    approve(campaign=campaign, by=second)
    campaign.refresh_from_db()
    assert campaign.schedule_state == "on"
    assert campaign.scheduled_through >= shared.wall() - timedelta(seconds=30)  # type: ignore[operator]
    assert tick(campaign) == 1
    finish()
    make_list("all", [100_004])  # other people are no change of the rule
    assert tick(campaign) == 1
    finish()
    assert Delivery.objects.filter(run__number=2).count() == 5
    assert {run.approval for run in CampaignRun.objects.all()} == {request}


@pytest.mark.parametrize("what", ["text", "template", "accounts", "repeat"])
def test_a_change_holds_the_next_date(campaign: Campaign, second: User, what: str) -> None:
    start_schedule(campaign=campaign)
    approve(campaign=campaign, by=second)
    if what == "text":
        Campaign.objects.update(text="other", template=None)
    elif what == "template":
        MessageTemplate.objects.update(text="other")
    elif what == "accounts":
        campaign.accounts.add(make_account(20_002))
    else:
        Campaign.objects.update(repeat="cron@*/1 * * * *")
    assert tick(campaign) == 0
    assert campaign.schedule_state == "awaiting"
    assert Occurrence.objects.get(state="waiting").run is None
    assert Approval.objects.filter(state="requested").count() == 1
    approve(campaign=campaign, by=second)
    assert start_due_occurrences() == 1  # the date that waited


def test_a_change_back_is_covered_by_the_old_approval(campaign: Campaign, second: User) -> None:
    start_schedule(campaign=campaign)
    approve(campaign=campaign, by=second)
    MessageTemplate.objects.update(text="other")
    MessageTemplate.objects.update(text="hello")
    assert tick(campaign) == 1


def test_an_edit_asks_at_once(campaign: Campaign, second: User) -> None:
    start_schedule(campaign=campaign)
    approve(campaign=campaign, by=second)
    ask_again_if_changed(campaign=campaign)
    campaign.refresh_from_db()
    assert campaign.schedule_state == "on"
    MessageTemplate.objects.update(text="other")
    ask_again_if_changed(campaign=campaign, by=second)
    campaign.refresh_from_db()
    assert campaign.schedule_state == "awaiting"
    with pytest.raises(Refusal) as refusal:
        approve(campaign=campaign, by=second)
    assert refusal.value.code == "own_campaign"


def test_sent_back_is_not_started(campaign: Campaign, second: User) -> None:
    start_schedule(campaign=campaign)
    reject(campaign=campaign, by=second, comment="too often")
    campaign.refresh_from_db()
    assert campaign.schedule_state == "off"
    assert "too often" in campaign.schedule_detail
    assert tick(campaign) == 0


def test_ending_it_withdraws_the_request(campaign: Campaign) -> None:
    start_schedule(campaign=campaign)
    end_schedule(campaign=campaign)
    assert Approval.objects.get().state == "withdrawn"


def test_switching_approval_on_holds_a_schedule_under_way(campaign: Campaign, second: User) -> None:
    Campaign.objects.update(needs_approval=False)
    campaign.refresh_from_db()
    start_schedule(campaign=campaign)
    assert tick(campaign) == 1
    finish()
    require_approval(is_required=True)
    assert tick(campaign) == 0
    assert campaign.schedule_state == "awaiting"


def test_a_paused_schedule_is_resumed_into_the_check(campaign: Campaign, second: User) -> None:
    start_schedule(campaign=campaign)
    approve(campaign=campaign, by=second)
    Campaign.objects.update(schedule_state="paused")
    MessageTemplate.objects.update(text="other")
    resume_schedule(campaign=campaign)
    assert tick(campaign) == 0
    assert campaign.schedule_state == "awaiting"


def test_late_comers_are_covered_by_the_rule(campaign: Campaign, second: User) -> None:
    start_schedule(campaign=campaign)
    approve(campaign=campaign, by=second)
    assert tick(campaign) == 1
    run: Any = CampaignRun.objects.get()
    advance_runs(runs=[run])
    make_list("all", [100_005])
    assert add_late_comers(run=run) == 1
    MessageTemplate.objects.update(text="other")
    make_list("all", [100_006])
    with pytest.raises(Refusal) as refusal:
        add_late_comers(run=run)
    assert refusal.value.code == "changed"

"""A campaign's own rate and priority: creating, changing, preflight, command line and form."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Egress, Worker
from campaigns.creation.pace import Pace
from campaigns.models import Campaign
from campaigns.planning.preflight import preflight
from campaigns.reports.waiting_reasons import delivery_waiting_reason, run_waiting_reasons
from campaigns.run_control.lifecycle import start_campaign
from campaigns.run_control.pace import change_pace
from clocks import shared
from contacts.models import Contact
from sending.models import Attempt, Run, RunEvent
from sending.runs.figures import figures_of
from sending.states import RunState
from tests.campaigns.factories import (
    make_account,
    make_campaign,
    make_delivery,
    make_list,
    make_run,
)
from tests.commandline import manage

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]
PEOPLE = range(100_000, 100_012)


@pytest.fixture
def campaign() -> Campaign:
    """A campaign with a rate and a priority, to twelve people."""
    make_account(20_001, friends=PEOPLE, min_interval=1.0)
    members = make_list("all", PEOPLE)
    return make_campaign("spring", lists=[members], per_minute=6, priority=7)


def create(*arguments: object) -> Any:
    return manage(
        "campaign", "create", "new", "--list", "all", "--text", "hi", *arguments, "--json"
    )


def test_the_command_creates_and_changes_a_pace(campaign: Campaign) -> None:
    made = create("--per-minute", 60, "--priority", 9)
    assert made.status == 0, made
    assert (made.json["per_minute"], made.json["priority"]) == (60, 9)
    changed = manage("campaign", "pace", "new", "--per-minute", "none", "--json")
    assert (changed.json["per_minute"], changed.json["priority"]) == (None, 9)
    found = Campaign.objects.get(name="new")
    assert (found.per_minute, found.priority) == (None, 9)
    assert "before all campaigns" in changed.json["sentence"]


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        (["--per-minute", "0"], 1, "rate_unknown"),
        (["--per-minute", "9" * 19], 1, "rate_unknown"),
        (["--priority", "0"], 1, "priority_unknown"),
        (["--priority", "10"], 1, "priority_unknown"),
        (["--priority", "high"], 2, None),
        (["--per-minute", "-1"], 2, None),
        (["--per-minute", "1.5"], 2, None),
    ],
)
def test_a_pace_out_of_bounds_is_refused(
    campaign: Campaign, arguments: list[str], status: int, code: str | None
) -> None:
    made, changed = create(*arguments), manage("campaign", "pace", "spring", *arguments, "--json")
    assert (made.status, changed.status) == (status, status)
    if code is not None:
        assert made.json["error"] == changed.json["error"] == code
    assert manage("campaign", "pace", "spring").status == 2


def test_a_run_copies_the_pace_and_takes_over_a_change(campaign: Campaign) -> None:
    run = start_campaign(campaign=campaign)
    assert (run.per_minute, run.priority) == (6, 7)
    change_pace(campaign=campaign, to=Pace(30, 2))
    run.refresh_from_db()
    assert (run.per_minute, run.priority) == (30, 2)
    assert campaign.history.first().per_minute == 30
    events = RunEvent.objects.filter(run=run).count()
    change_pace(campaign=campaign, to=Pace(30, 2))
    assert RunEvent.objects.filter(run=run).count() == events
    Run.objects.filter(pk=run.pk).update(state=RunState.FINISHED)
    change_pace(campaign=campaign, to=Pace(None, 5))
    run.refresh_from_db()
    assert (run.per_minute, run.priority) == (30, 2)  # it has ended


def test_the_preflight_minds_the_rate(campaign: Campaign) -> None:
    found = preflight(campaign=campaign)
    assert found.finishes_at is not None
    assert 115 < (found.finishes_at - shared.wall()).total_seconds() <= 120
    assert any("own rate of 6 a minute" in warning for warning in found.warnings)
    campaign.deadline_after = 60
    assert preflight(campaign=campaign).past_deadline == 6
    campaign.per_minute = 600
    found = preflight(campaign=campaign)
    assert not any("own rate" in warning for warning in found.warnings)


def test_the_waiting_reasons_and_the_eta_name_the_rate(campaign: Campaign) -> None:
    account = make_account(20_002)
    run = make_run(campaign, per_minute=6, priority=7, planned_at=timezone.now())
    Run.objects.filter(pk=run.pk).update(state_changed_at=shared.wall() - timedelta(seconds=60))
    run.refresh_from_db()
    contacts = list(Contact.objects.order_by("pk"))
    for number, contact in enumerate(contacts[:6]):
        delivery = make_delivery(run, contact, account=account)
        Attempt.objects.create(
            delivery=delivery, account=account, seq=number, marked_at=shared.now(),
            finished_at=shared.now(), res="0",
        )  # fmt: skip
    waiting = make_delivery(run, contacts[6], state="pending", account=account)
    figures = figures_of(run=run)
    assert figures.eta is not None
    assert 9 < (figures.eta - shared.wall()).total_seconds() <= 11
    now = timezone.now()
    Worker.objects.create(
        egress=Egress.objects.create(name="default"), hostname="h", pid=1, version="1",
        started_at=now, heartbeat_at=now,
    )  # fmt: skip
    assert [reason.sentence for reason in run_waiting_reasons(run=run)] == [
        "It sends at the campaign's own rate of 6 a minute."
    ]
    assert "own rate of 6 a minute" in delivery_waiting_reason(delivery=waiting).sentence


def test_the_form_changes_the_run_under_way(admin_client: Client, campaign: Campaign) -> None:
    run = start_campaign(campaign=campaign)
    address = reverse("admin:campaigns_campaign_change", args=[campaign.pk])
    filled = {
        "name": "spring", "text": "hi", "promise": "never-twice", "on_lost_account": "fail",
        "late": "send", "timezone": "Asia/Shanghai", "sender": "keep", "order": "imported",
        "lists": [campaign.lists.get().pk], "per_minute": "20", "priority": "",
    }  # fmt: skip
    assert admin_client.post(address, filled).status_code == 302
    run.refresh_from_db()
    assert (run.per_minute, run.priority) == (20, 5)
    wrong = admin_client.post(address, filled | {"per_minute": "0", "priority": "10"})
    assert set(wrong.context["adminform"].form.errors) == {"per_minute", "priority"}
    page = admin_client.get(reverse("admin:campaigns_campaign_page", args=[campaign.pk]))
    assert "at most 20 messages a minute" in page.content.decode()

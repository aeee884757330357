"""A run keeps the lists, exclusions and segments it was started with, even if these change."""

from __future__ import annotations

import pytest

from campaigns.models import Campaign, CampaignRun
from campaigns.planning import plan
from campaigns.planning.plan import plan_run
from campaigns.run_control.lifecycle import start_campaign
from contacts.models import Segment
from contacts.suppressions import suppress
from sending.models import Delivery
from tests.campaigns.factories import make_account, make_campaign, make_list
from tests.sending.feeds import next_of_run

pytestmark = pytest.mark.both_databases

IN_BERN = {"kind": "attribute", "name": "city", "is": "equals", "value": "Bern"}
PEOPLE = range(100_000, 100_010)


@pytest.fixture
def campaign(db: None) -> Campaign:
    make_account(friends=[*PEOPLE, 100_050])
    everybody, out = make_list("all", PEOPLE), make_list("out", PEOPLE[:2])
    make_list("elsewhere", [100_050], city="Bern")
    made = make_campaign("spring", lists=[everybody], excluded_lists=[out])
    made.segments.add(Segment.objects.create(name="Bernese", conditions=IN_BERN))
    return made


def planned_to(run: CampaignRun) -> set[int]:
    assert plan_run(run=run)
    return set(Delivery.objects.filter(run=run, state="pending").values_list("uin", flat=True))


@pytest.mark.django_db
def test_a_run_is_planned_from_the_campaign_as_it_was_at_the_start(
    campaign: Campaign,
) -> None:
    run = start_campaign(campaign=campaign)
    campaign.lists.set([make_list("others", [100_060])])
    campaign.excluded_lists.clear()
    campaign.segments.clear()
    assert planned_to(run) == {*PEOPLE[2:], 100_050}


@pytest.mark.django_db
def test_a_list_that_is_edited_between_two_chunks_changes_nothing(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "CHUNK", {"postgresql": 3, "sqlite": 3})
    run = start_campaign(campaign=campaign)

    def edit(_name: str) -> None:
        campaign.excluded_lists.set(campaign.lists.all())

    monkeypatch.setattr(plan, "failpoint", edit)
    assert planned_to(run) == {*PEOPLE[2:], 100_050}


@pytest.mark.django_db
def test_an_opt_out_of_a_list_of_the_run_holds_at_planning_and_in_the_feed(
    campaign: Campaign,
) -> None:
    run, everybody = start_campaign(campaign=campaign), campaign.lists.get()
    campaign.lists.set([make_list("others", [100_060])])
    suppress(uins=[PEOPLE[5]], contact_list=everybody)
    assert planned_to(run) == {*PEOPLE[2:], 100_050} - {PEOPLE[5]}
    suppress(uins=[PEOPLE[6]], contact_list=everybody)
    suppress(uins=[PEOPLE[7]], contact_list=campaign.lists.get())  # not the run's business
    account = run.deliveries.exclude(account=None)[0].account_id or 0
    found = next_of_run(account_id=account, run_id=run.pk, now=run.created_at, limit=50)
    assert {one.uin for one in found if one.is_suppressed} == {PEOPLE[6]}

"""A run keeps the lists, exclusions and segments it was started with, whatever becomes of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from campaigns.models import Campaign, Delivery, Run
from campaigns.querysets.feed import next_of_run
from campaigns.services import planning
from campaigns.services.lifecycle import start_campaign
from campaigns.services.planning import plan_run
from contacts.models import Segment, Suppression
from contacts.services.suppressions import suppress
from tests.campaigns.making import make_account, make_campaign, make_list

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


def planned_to(run: Run) -> set[int]:
    assert plan_run(run=run)
    return set(Delivery.objects.filter(run=run, state="pending").values_list("uin", flat=True))


@pytest.mark.django_db
def test_a_started_run_is_planned_from_what_the_campaign_had_when_it_was_started(
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
    monkeypatch.setattr(planning, "CHUNK", {"postgresql": 3, "sqlite": 3})
    run = start_campaign(campaign=campaign)

    def edit(_name: str) -> None:
        campaign.excluded_lists.set(campaign.lists.all())

    monkeypatch.setattr(planning, "failpoint", edit)
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


@pytest.mark.slow
@pytest.mark.django_db
def test_a_run_of_before_is_given_its_campaigns_lists_by_the_migration(
    transactional_db: None, migrated_back: Any
) -> None:
    old = migrated_back("campaigns", "0005_attempts_stay_on_record")
    lists = [old("contacts", "ContactList").objects.create(name=name) for name in "abc"]
    segment = old("contacts", "Segment").objects.create(name="s", conditions=IN_BERN)
    made = [old("campaigns", "Campaign").objects.create(name=name) for name in ("x", "y")]
    made[0].lists.set(lists[:2])
    made[0].excluded_lists.set(lists[2:])
    made[0].segments.set([segment])
    made[1].lists.set(lists[1:])
    for number, of in ((1, made[0]), (2, made[0]), (1, made[1])):
        old("campaigns", "Run").objects.create(
            campaign=of, number=number, promise="never-twice", timezone="UTC", state="finished"
        )
    call_command("migrate", "campaigns", verbosity=0)

    def names(run: Run) -> tuple[str, ...]:
        rows = (run.lists, run.excluded_lists, run.segments)
        return tuple("".join(sorted(kept.values_list("name", flat=True))) for kept in rows)

    assert [names(run) for run in Run.objects.order_by("pk")] == [
        ("ab", "c", "s"),
        ("ab", "c", "s"),
        ("bc", "", ""),
    ]
    assert not Suppression.objects.exists()


@pytest.fixture
def migrated_back() -> Iterator[Any]:
    """A function that takes an app back to a migration and gives its models of then."""

    def go_back(app: str, to: str) -> Any:
        executor = MigrationExecutor(connection)
        return executor.migrate([(app, to)]).apps.get_model

    yield go_back
    call_command("migrate", verbosity=0)

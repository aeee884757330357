"""What people got lately, read for a whole chunk at once: the same as by looking each person up."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from campaigns.creation.variants import NewVariant, add_variants
from campaigns.models import Campaign, MessageTemplate, TemplateText
from campaigns.planning import recent_sql
from campaigns.planning.order import RankedPeople
from campaigns.planning.people_sql import Chunk
from campaigns.planning.plan_sql import pick_accounts
from campaigns.planning.rules import rules_of_run
from clocks import shared
from contacts.models import Contact
from sending.models import Attempt, CapOrigin, Delivery, OnceAcross
from sending.states import RunState
from tests.campaigns.factories import make_account, make_campaign, make_list, make_run

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
PEOPLE = 120
STATES = ["sent", "sent", "sent", "failed", "unknown", "sending", "pending", "skipped"]


def picks(run: Any, people: Chunk | RankedPeople) -> list[Any]:
    """Return what planning would insert, person by person."""
    found = pick_accounts(rules=rules_of_run(run), people=people)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({found.sql}) picks ORDER BY id", found.params)
        return list(cursor.fetchall())


def make_history(drawn: random.Random, accounts: list[Any]) -> list[Campaign]:
    """Make earlier runs in which some people have deliveries in all states, at all times."""
    campaigns = []
    for number in range(8):
        campaign = make_campaign(f"earlier {number}")
        ended_at = shared.wall() - timedelta(days=drawn.choice([1, 5, 9, 30]))
        run = make_run(campaign, state=RunState.FINISHED, ended_at=ended_at, planned_at=ended_at)
        campaigns.append(campaign)
        for person in Contact.objects.order_by("pk"):
            state = drawn.choice(STATES)
            if drawn.random() < 0.5:
                continue
            days = timedelta(days=drawn.choice([0.5, 2, 6, 8, 40]))
            is_dated = state == "sent" and drawn.random() < 0.9
            account = drawn.choice(accounts)
            delivery = Delivery.objects.create(
                run=run,
                contact=person,
                uin=person.uin,
                account=account,
                state=state,
                sent_at=shared.wall() - days if is_dated else None,
            )
            if state in ("sent", "unknown", "sending"):
                Attempt.objects.create(
                    delivery=delivery,
                    account=account,
                    seq=delivery.pk,
                    marked_at=shared.now() - days,
                )
    return campaigns


@pytest.mark.parametrize("seed", range(6))
def test_a_chunk_is_planned_as_its_people_one_by_one(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = random.Random(seed)
    uins = range(100_000, 100_000 + PEOPLE)
    everybody = make_list("all", uins)
    accounts = [make_account(uin, friends=drawn.sample(uins, 80)) for uin in (20_001, 20_002)]
    for person in Contact.objects.all():
        person.attributes = {"language": drawn.choice(["zh_CN", "en", ""])}
        person.save()
    earlier = make_history(drawn, accounts)
    template = MessageTemplate.objects.create(
        name="hello", text="hi", language_attribute="language"
    )
    TemplateText.objects.create(template=template, language="zh", text="你好")
    campaign = make_campaign("spring", lists=[everybody], holdout=10)
    add_variants(
        campaign=campaign, variants=[NewVariant("A", 1, "a"), NewVariant("B", 2, template=template)]
    )
    has_cap, counts_all = seed != 1, seed % 2 == 0
    run = make_run(
        campaign,
        state=RunState.PREPARING,
        sender="keep" if seed != 2 else "spread",
        cap_most=drawn.choice([1, 2]) if has_cap else None,
        cap_seconds=7 * 86_400 if has_cap else None,
        cap_counts_all=counts_all,
    )
    for other in earlier[:4]:
        CapOrigin.objects.create(run=run, origin=f"campaign:{other.pk}")
    if seed in (0, 3, 4):
        for other in (campaign, earlier[seed]):
            OnceAcross.objects.create(run=run, origin=f"campaign:{other.pk}")
    chosen = list(Contact.objects.order_by("pk").values_list("pk", flat=True))
    everyone = Chunk(Contact.objects.order_by("pk"))
    some = RankedPeople.of(
        dict(zip(drawn.sample(chosen, 70), drawn.sample(range(70), 70), strict=True))
    )
    for people in (everyone, some):
        at_once = picks(run, people)
        monkeypatch.setattr(recent_sql, "_DENSE", 0)
        assert picks(run, people) == at_once
        monkeypatch.undo()
        kept = [row[7] for row in at_once]
        assert any(kept) is (seed != 2)
        assert any(row[8] for row in at_once) is (has_cap or seed in (0, 3, 4))


def test_people_far_apart_are_looked_up_one_by_one() -> None:
    """Otherwise the messages of everybody in between would be read, too."""
    account = make_account(20_001, friends=range(100_000, 100_040))
    everybody = make_list("all", range(100_000, 100_040))
    run = make_run(make_campaign(lists=[everybody]), state=RunState.PREPARING)
    first, *_others, last = Contact.objects.order_by("pk")
    before = make_run(make_campaign("before"), state=RunState.FINISHED)
    Delivery.objects.create(run=before, contact=first, uin=1, account=account, state="sent")
    people = Chunk(Contact.objects.filter(pk__in=[first.pk, last.pk]).order_by("pk"))
    assert [row[7] for row in picks(run, people)] == [account.pk, None]

"""People of earlier runs as an audience, and as an exclusion."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Account
from campaigns.audience_query import targeted_contacts
from campaigns.earlier_people import EarlierPeople, stored_rules
from campaigns.models import Campaign, CampaignRun
from campaigns.planning.plan import plan_run
from campaigns.planning.preflight import preflight
from campaigns.run_control.lifecycle import start_campaign
from contacts.models import Contact
from contacts.suppressions import suppress
from foundation.refusals import Refusal
from sending.models import Delivery
from sending.states import RunState
from tests.campaigns.factories import (
    make_account,
    make_campaign,
    make_delivery,
    make_inbound,
    make_list,
    make_run,
)
from tests.commandline import manage

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
PEOPLE = range(100_000, 100_010)
NOW = timezone.now()


@pytest.fixture
def account() -> Account:
    return make_account(20_001, friends=PEOPLE)


@pytest.fixture
def first(account: Account) -> CampaignRun:
    """A run of "first" in which eight got the message ten days ago, one failed, one is unknown."""
    campaign = make_campaign("first", lists=[make_list("all", PEOPLE)])
    run = make_run(campaign, state=RunState.FINISHED, planned_at=NOW - timedelta(days=11))
    for contact in Contact.objects.all():
        state = {100_008: "failed", 100_009: "unknown"}.get(contact.uin, "sent")
        at = NOW - timedelta(days=10) if state == "sent" else None
        make_delivery(run, contact, state=state, account=account, sent_at=at)
    return run


def answer(account: Account, uin: int, *, days: float, kind: int = 9) -> None:
    """Store a message from a person, so many days after the first run's message."""
    at = NOW - timedelta(days=10) + timedelta(days=days)
    make_inbound(account, uin, at=at, kind=kind)


def audience(group: str, *, number: int | None = None, **columns: Any) -> set[int]:
    rule = EarlierPeople(Campaign.objects.get(name="first").pk, number, group)
    campaign = make_campaign("follow-up", earlier_people=stored_rules([rule]), **columns)
    return set(targeted_contacts(of=campaign).values_list("uin", flat=True))


def answers(account: Account) -> None:
    answer(account, 100_000, days=0.5)
    answer(account, 100_001, days=6.9)
    answer(account, 100_002, days=7.1)  # too late to be an answer
    answer(account, 100_003, days=-1)  # before the message
    answer(account, 100_004, days=1, kind=2)  # not a message of a person
    answer(make_account(20_002), 100_005, days=1)  # to another account
    answer(account, 100_009, days=1)  # it is unknown whether that message arrived


@pytest.mark.parametrize(
    ("group", "uins"),
    [
        ("sent", range(100_000, 100_008)),
        ("failed", [100_008]),
        ("replied", [100_000, 100_001]),
        ("not-replied", range(100_002, 100_008)),
    ],
)
@pytest.mark.parametrize("number", [1, None])
def test_the_groups(
    first: CampaignRun, account: Account, group: str, uins: Any, number: int | None
) -> None:
    answers(account)
    assert audience(group, number=number) == set(uins)


def test_the_newest_planned_run_is_meant_unless_one_is_named(
    first: CampaignRun, account: Account
) -> None:
    second = make_run(first.campaign, state=RunState.FINISHED, planned_at=NOW)
    make_delivery(second, Contact.objects.get(uin=100_003), account=account, sent_at=NOW)
    make_run(first.campaign, state=RunState.PREPARING)
    assert audience("sent") == {100_003}
    Campaign.objects.get(name="follow-up").delete()
    assert audience("sent", number=1) == set(PEOPLE[:8])


def test_as_an_exclusion_and_beside_lists(first: CampaignRun, account: Account) -> None:
    answers(account)
    rule = EarlierPeople(first.campaign_id, None, "replied")
    campaign = make_campaign(
        "again", lists=[make_list("all")], excluded_earlier_people=stored_rules([rule])
    )
    people = set(targeted_contacts(of=campaign).values_list("uin", flat=True))
    assert people == set(PEOPLE) - {100_000, 100_001}


def test_a_run_keeps_its_groups_and_the_opt_outs_of_the_earlier_lists(
    first: CampaignRun, account: Account
) -> None:
    suppress(uins=[100_001], contact_list=make_list("all"))
    audience("sent")
    campaign = Campaign.objects.get(name="follow-up")
    assert preflight(campaign=campaign).skipped == {"suppressed": 1}
    run = start_campaign(campaign=campaign)
    assert [row.name for row in run.inherited_lists.all()] == ["all"]
    Campaign.objects.filter(pk=campaign.pk).update(earlier_people=[])
    make_list("all", [100_050])  # a member of the earlier list is not a recipient by that
    assert plan_run(run=CampaignRun.objects.get(pk=run.pk))
    rows = Delivery.objects.filter(run=run).values_list("uin", "state", "reason")
    assert set(rows) == {
        (uin, "skipped", "suppressed") if uin == 100_001 else (uin, "pending", "")
        for uin in PEOPLE[:8]
    }


def test_a_missing_earlier_run_is_refused_with_a_sentence(account: Account) -> None:
    never = make_campaign("first", lists=[make_list("all", PEOPLE)])
    rule = EarlierPeople(never.pk, None, "sent")
    campaign = make_campaign("follow-up", earlier_people=stored_rules([rule]))
    with pytest.raises(Refusal, match="has no run yet") as refused:
        start_campaign(campaign=campaign)
    assert refused.value.code == "no_earlier_run"
    assert any("has no run yet" in problem for problem in preflight(campaign=campaign).problems)
    never.delete()
    with pytest.raises(Refusal, match="has been deleted"):
        start_campaign(campaign=campaign)


def test_the_command(first: CampaignRun, account: Account) -> None:
    answers(account)
    made = manage(
        "campaign", "create", "follow-up", "--text", "hi", "--audience-of", "first:1=not-replied",
        "--exclude-audience-of", "first=failed", "--json",
    )  # fmt: skip
    assert (made.status, made.json["audience_of"]) == (0, ["first:1=not-replied"])
    found = manage("campaign", "preflight", "follow-up", "--json").json
    assert (found["targeted"], found["kept"]) == (6, 6)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("first", "earlier_malformed"),
        ("first=", "earlier_malformed"),
        ("=sent", "earlier_malformed"),
        ("first=answered", "earlier_malformed"),
        ("firts=sent", "campaign_unknown"),
        ("first:9=sent", "run_unknown"),
        ("first:²=sent", "campaign_unknown"),
        (f"first:{'9' * 5000}=sent", "campaign_unknown"),
        ("fir\udcffst=sent", "earlier_malformed"),
        ("fir\0st=sent", "earlier_malformed"),
    ],
)
def test_what_cannot_be_read_is_refused(first: CampaignRun, written: str, code: str) -> None:
    said = manage("campaign", "create", "x", "--text", "hi", "--audience-of", written, "--json")
    assert (said.status, said.json["error"]) == (1, code)
    assert not Campaign.objects.filter(name="x").exists()


def test_a_campaign_whose_name_ends_like_a_run_number(account: Account) -> None:
    campaign = make_campaign("spring:2", lists=[make_list("all", PEOPLE)])
    make_run(campaign, state=RunState.FINISHED, planned_at=NOW)
    made = manage("campaign", "create", "x", "--text", "hi", "--audience-of", "spring:2=sent")
    assert made.status == 0
    rule = Campaign.objects.get(name="x").earlier_people
    assert rule == [{"campaign": campaign.pk, "number": None, "group": "sent"}]

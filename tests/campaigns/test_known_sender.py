"""The account that wrote to a person last writes to them again, if it can."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from accounts.models import Account
from accounts.states import AccountState
from campaigns.models import CampaignRun
from campaigns.planning.plan import plan_run
from campaigns.planning.preflight import preflight
from campaigns.planning.reroute import reroute_stopped_accounts
from contacts.models import Contact
from sending.models import Delivery
from sending.runs.figures import check_figures
from sending.states import RunState
from tests.campaigns.factories import (
    make_account,
    make_campaign,
    make_delivery,
    make_list,
    make_run,
)

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
PEOPLE = range(100_000, 100_040)


@pytest.fixture
def three() -> list[Account]:
    """Three accounts with the same friends: planning spreads people over them by hash."""
    return [make_account(uin, friends=PEOPLE) for uin in (20_001, 20_002, 20_003)]


def written_by(account: Account, people: Sequence[int] = PEOPLE, *, state: str = "sent") -> None:
    """Make an earlier run in which the account wrote to the people."""
    number = CampaignRun.objects.count()
    campaign = make_campaign(f"earlier {number}", lists=[make_list(f"earlier {number}")])
    run = make_run(campaign, state=RunState.FINISHED)
    for contact in Contact.objects.filter(uin__in=people):
        make_delivery(run, contact, state=state, account=account)


def plan(**columns: object) -> dict[int, int | None]:
    """Plan a run to everybody; return the account's UIN by person."""
    accounts = columns.pop("accounts", ())
    campaign = make_campaign("spring", lists=[make_list("all")], accounts=accounts)
    run = make_run(campaign, state=RunState.PREPARING, **columns)
    plan_run(run=run)
    assert check_figures(run=run) == []
    rows = Delivery.objects.filter(run=run, state="pending")
    return dict(rows.values_list("uin", "account__uin"))


@pytest.fixture(autouse=True)
def everybody() -> None:
    make_list("all", PEOPLE)


def test_the_latest_sender_writes_again(three: list[Account]) -> None:
    written_by(three[0])
    written_by(three[1], PEOPLE[:30])
    assert plan() == {uin: 20_002 if uin < 100_030 else 20_001 for uin in PEOPLE}


@pytest.mark.parametrize("state", ["failed", "unknown", "skipped", "cancelled", "pending"])
def test_only_a_message_that_was_sent_makes_an_account_known(
    three: list[Account], state: str
) -> None:
    written_by(three[0])
    written_by(three[1], state=state)
    assert set(plan().values()) == {20_001}


def test_a_campaign_may_spread_anew(three: list[Account]) -> None:
    written_by(three[0])
    assert set(plan(sender="spread").values()) == {20_001, 20_002, 20_003}


def test_not_if_it_does_not_work_or_is_no_friend_or_not_of_the_campaign(
    three: list[Account],
) -> None:
    written_by(three[0], PEOPLE[:10])
    written_by(three[1], PEOPLE[10:20])
    written_by(three[2], PEOPLE[20:])
    Account.objects.filter(pk=three[0].pk).update(state=AccountState.QUARANTINED)
    three[1].friends.filter(uin__in=PEOPLE[10:20]).update(ended_at="2026-01-01T00:00:00Z")
    fourth = make_account(20_004, friends=PEOPLE)
    plan_of = plan(accounts=[three[0], three[1], fourth])
    assert len(plan_of) == 40
    assert set(plan_of.values()) <= {20_002, 20_004}
    assert {plan_of[uin] for uin in PEOPLE[10:20]} == {20_004}


def test_with_strangers_allowed_it_need_not_be_a_friend_any_more(three: list[Account]) -> None:
    stranger = make_account(20_009)
    written_by(stranger)
    assert set(plan(allows_strangers=True).values()) == {20_009}
    Account.objects.filter(pk=stranger.pk).update(state=AccountState.DISABLED)
    Delivery.objects.filter(run__campaign_run__campaign__name="spring").delete()
    CampaignRun.objects.filter(campaign__name="spring").delete()
    campaign = make_campaign("autumn", lists=[make_list("all")])
    run = make_run(campaign, state=RunState.PREPARING, allows_strangers=True)
    plan_run(run=run)
    senders = Delivery.objects.filter(run=run).values_list("account__uin", flat=True)
    assert set(senders) == {20_001, 20_002, 20_003}


def test_an_erased_person_is_not_known_to_anybody(three: list[Account]) -> None:
    written_by(three[0])
    Delivery.objects.update(contact=None, uin=0, text="")
    assert set(plan().values()) == {20_001, 20_002, 20_003}


def test_the_preflight_says_how_many_keep_their_sender(three: list[Account]) -> None:
    written_by(three[0], PEOPLE[:25])
    campaign = make_campaign("spring", lists=[make_list("all")])
    assert preflight(campaign=campaign).kept == 25
    campaign.sender = "spread"
    campaign.save()
    assert preflight(campaign=campaign).kept == 0


@pytest.mark.parametrize("sender", ["keep", "spread"])
def test_messages_of_a_stopped_account_go_to_the_sender_people_know(
    three: list[Account], sender: str
) -> None:
    lost, _first, known = three
    Account.objects.exclude(pk=lost.pk).update(state=AccountState.DISABLED)
    written_by(known, PEOPLE[:15])
    plan(sender=sender)
    Account.objects.exclude(pk=lost.pk).update(state=AccountState.ONLINE)
    Account.objects.filter(pk=lost.pk).update(state=AccountState.QUARANTINED)
    assert reroute_stopped_accounts() == 40
    run = CampaignRun.objects.get(campaign__name="spring")
    now = dict(Delivery.objects.filter(run=run).values_list("uin", "account__uin"))
    kept = {uin for uin in PEOPLE if now[uin] == 20_003}
    assert kept == (set(PEOPLE[:15]) if sender == "keep" else set())
    assert check_figures(run=run) == []

"""Rerouting: deliveries of a stopped account move to others, wait or fail, as the campaign says."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from accounts.models import Account
from accounts.states import AccountState
from campaigns.models import CampaignRun
from campaigns.planning.plan import plan_run
from campaigns.planning.reroute import reroute_stopped_accounts
from sending.models import Delivery
from sending.runs.figures import check_figures
from sending.states import RunState
from tests.campaigns.factories import make_account, make_campaign, make_list, make_run

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
PEOPLE = range(100_000, 100_010)


def a_planned_run(**columns: Any) -> CampaignRun:
    accounts = columns.pop("accounts", ())
    campaign = make_campaign("spring", lists=[make_list("all", PEOPLE)], accounts=accounts)
    run = make_run(campaign, state=RunState.PREPARING, **columns)
    assert plan_run(run=run)
    return run


def where(run: CampaignRun) -> Counter[tuple[str, str, int | None]]:
    return Counter(Delivery.objects.filter(run=run).values_list("state", "reason", "account__uin"))


def lose(account: Account, state: str = AccountState.QUARANTINED) -> None:
    Account.objects.filter(pk=account.pk).update(state=state)


@pytest.mark.parametrize("state", [AccountState.QUARANTINED, AccountState.DISABLED])
def test_a_delivery_moves_to_another_account_with_the_same_friend(state: str) -> None:
    lost = make_account(20_001, friends=PEOPLE, min_interval=0.001)
    run = a_planned_run()
    other = make_account(20_002, friends=PEOPLE[:6])
    lose(lost, state)
    assert reroute_stopped_accounts() == 6
    assert where(run) == {
        ("pending", "", other.uin): 6,
        ("failed", "no_account", lost.uin): 4,
    }
    assert check_figures(run=run) == []
    assert reroute_stopped_accounts() == 0


def test_deliveries_without_another_account_wait_if_the_campaign_says_so() -> None:
    lost = make_account(20_001, friends=PEOPLE)
    run = a_planned_run(on_lost_account="wait")
    lose(lost)
    assert reroute_stopped_accounts() == 0
    assert where(run) == {("pending", "", lost.uin): 10}


def test_a_delivery_never_moves_to_an_account_outside_the_campaign_or_stopped() -> None:
    lost = make_account(20_001, friends=PEOPLE)
    run = a_planned_run(accounts=[lost])
    make_account(20_002, friends=PEOPLE)
    lose(lost)
    assert reroute_stopped_accounts() == 0
    assert where(run) == {("failed", "no_account", lost.uin): 10}


def test_a_friendship_that_has_ended_does_not_count() -> None:
    lost = make_account(20_001, friends=PEOPLE)
    run = a_planned_run()
    former = make_account(20_002, friends=PEOPLE)
    former.friends.update(ended_at="2026-01-01T00:00:00Z")
    lose(lost)
    assert reroute_stopped_accounts() == 0
    assert where(run) == {("failed", "no_account", lost.uin): 10}


def test_strangers_may_get_it_from_any_working_account_of_the_campaign() -> None:
    lost = make_account(20_001)
    run = a_planned_run(allows_strangers=True)
    others = [make_account(20_002), make_account(20_003)]
    lose(lost)
    assert reroute_stopped_accounts() == 10
    assert where(run) == {("pending", "", other.uin): 5 for other in others}
    assert check_figures(run=run) == []


def test_deliveries_in_flight_are_not_moved() -> None:
    lost = make_account(20_001, friends=PEOPLE)
    run = a_planned_run()
    make_account(20_002, friends=PEOPLE)
    Delivery.objects.filter(uin=100_000).update(state="sending", seq=1)
    lose(lost)
    assert reroute_stopped_accounts() == 9
    assert Delivery.objects.get(run=run, state="sending").account == lost

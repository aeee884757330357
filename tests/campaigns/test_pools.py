"""Pools of sender accounts: who is in them, and which part of the messages each gets."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import pytest

from accounts.models import Account, AccountPool
from accounts.pools import create_pool
from accounts.states import AccountState
from campaigns.models import Campaign, CampaignRun
from campaigns.planning.late_comers import add_late_comers
from campaigns.planning.plan import plan_run
from campaigns.planning.preflight import preflight
from campaigns.planning.reroute import reroute_stopped_accounts
from campaigns.run_control.lifecycle import start_campaign
from foundation.refusals import Refusal
from labels.labelling import create_label
from sending.models import Delivery
from sending.runs.figures import check_figures
from sending.states import RunState
from tests.campaigns.factories import make_account, make_campaign, make_list, make_run
from tests.commandline import manage

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases, pytest.mark.slow]
PEOPLE = range(100_000, 101_000)


@pytest.fixture
def everybody() -> None:
    make_list("all", PEOPLE)


def pooled(campaign: Campaign, **shares: float | None) -> None:
    """Let a campaign be sent by pools of these names, with their shares."""
    pools = {name: AccountPool.objects.get(name=name) for name in shares}
    campaign.pools.set(pools.values())
    campaign.pool_shares = {str(pools[name].pk): n for name, n in shares.items() if n is not None}
    campaign.save()


def senders(run: CampaignRun) -> dict[int, int | None]:
    """Return the account's UIN by person."""
    rows = Delivery.objects.filter(run=run, state="pending")
    return dict(rows.values_list("uin", "account__uin"))


def plan(campaign: Campaign, **columns: Any) -> dict[int, int | None]:
    run = make_run(campaign, state=RunState.PREPARING, **columns)
    plan_run(run=run)
    assert check_figures(run=run) == []
    found = senders(run)
    CampaignRun.objects.filter(pk=run.pk).update(state=RunState.FINISHED)
    return found


def near(n: int, *, of: int, share: float) -> bool:
    """Return whether a count is within five standard deviations of its expectation."""
    return abs(n - of * share) < 5 * math.sqrt(of * share * (1 - share))


def test_shares_hold_between_pools_and_pace_within_one(everybody: None) -> None:
    first = [make_account(20_001, friends=PEOPLE), make_account(20_002, friends=PEOPLE)]
    second = [
        make_account(20_003, friends=PEOPLE, min_interval=1.0),
        make_account(20_004, friends=PEOPLE, min_interval=3.0),
    ]
    create_pool(name="first", accounts=first)
    create_pool(name="second", accounts=second)
    campaign = make_campaign(lists=[make_list("all")])
    pooled(campaign, first=3, second=1)
    plan_of = plan(campaign)
    counts = Counter(plan_of.values())
    assert len(plan_of) == len(PEOPLE)
    assert near(counts[20_001] + counts[20_002], of=len(PEOPLE), share=0.75)
    assert near(counts[20_003] + counts[20_004], of=len(PEOPLE), share=0.25)
    of_second = counts[20_003] + counts[20_004]
    assert near(counts[20_003], of=of_second, share=0.75)
    # Which pool a person gets says nothing about which account within it.
    assert near(counts[20_001], of=counts[20_001] + counts[20_002], share=0.5)
    foreseen = {one.uin: one.messages for one in preflight(campaign=campaign).per_account}
    for uin, messages in foreseen.items():
        assert near(messages, of=len(PEOPLE), share=counts[uin] / len(PEOPLE))


def test_without_shares_pace_decides_over_all_pools(everybody: None) -> None:
    create_pool(name="slow", accounts=[make_account(20_001, friends=PEOPLE, min_interval=3.0)])
    create_pool(name="fast", accounts=[make_account(20_002, friends=PEOPLE, min_interval=1.0)])
    outside = make_account(20_009, friends=PEOPLE)
    campaign = make_campaign(lists=[make_list("all")])
    pooled(campaign, slow=None, fast=None)
    counts = Counter(plan(campaign).values())
    assert set(counts) == {20_001, 20_002}
    assert near(counts[20_002], of=len(PEOPLE), share=0.75)
    campaign.accounts.set([outside])
    assert set(plan(campaign, sender="spread").values()) == {20_001, 20_002, 20_009}


def test_an_unrelated_account_moves_only_the_people_it_gets(everybody: None) -> None:
    label = create_label(name="warm")
    first = make_account(20_001, friends=PEOPLE)
    create_pool(name="first", accounts=[first])
    create_pool(name="second", accounts=[make_account(20_002, friends=PEOPLE)], labels=[label])
    campaign = make_campaign(lists=[make_list("all")])
    pooled(campaign, first=1, second=1)
    run = make_run(campaign, state=RunState.PREPARING)
    plan_run(run=run)
    before = senders(run)
    Delivery.objects.filter(run=run).delete()
    CampaignRun.objects.filter(pk=run.pk).update(planned_through=0)
    CampaignRun.objects.get(pk=run.pk).run.__class__.objects.filter(pk=run.pk).update(
        state=RunState.PREPARING, planned_at=None
    )
    joining = make_account(20_003, friends=PEOPLE)
    joining.labels.add(label)  # a member of the second pool from now on
    plan_run(run=run)
    after = senders(run)
    moved = {uin for uin in PEOPLE if before[uin] != after[uin]}
    assert {after[uin] for uin in moved} == {20_003}
    assert {before[uin] for uin in moved} == {20_002}
    assert near(len(moved), of=len(PEOPLE), share=0.25)


def test_strangers_are_spread_by_shares_too(everybody: None) -> None:
    create_pool(name="first", accounts=[make_account(20_001, min_interval=9.0)])
    create_pool(name="second", accounts=[make_account(20_002), make_account(20_003)])
    campaign = make_campaign(lists=[make_list("all")], allows_strangers=True)
    pooled(campaign, first=4, second=1)
    counts = Counter(plan(campaign, allows_strangers=True).values())
    assert near(counts[20_001], of=len(PEOPLE), share=0.8)
    assert near(counts[20_002], of=len(PEOPLE), share=0.1)


def test_a_lost_account_s_messages_go_by_the_shares(everybody: None) -> None:
    # The account of the other pool is the older one: without shares it would get everything.
    second = make_account(20_003, friends=PEOPLE)
    lost = make_account(20_001, friends=PEOPLE)
    create_pool(name="first", accounts=[lost, make_account(20_002, friends=PEOPLE)])
    create_pool(name="second", accounts=[second])
    make_account(20_009, friends=PEOPLE)
    campaign = make_campaign(lists=[make_list("all")])
    pooled(campaign, first=3, second=1)
    run = make_run(campaign, state=RunState.PREPARING)
    plan_run(run=run)
    Account.objects.filter(pk=lost.pk).update(state=AccountState.QUARANTINED)
    theirs = {uin for uin, account in senders(run).items() if account == 20_001}
    assert reroute_stopped_accounts() == len(theirs)
    after = senders(run)
    counts = Counter(after[uin] for uin in theirs)
    assert set(counts) <= {20_002, 20_003}
    # Planned now, they would all be in the first pool again: their pool's number has not changed.
    assert counts[20_002] == len(theirs)
    assert check_figures(run=run) == []


def test_late_comers_are_planned_by_the_pools_of_that_time() -> None:
    make_list("all", PEOPLE[:5])
    label = create_label(name="new")
    create_pool(name="first", accounts=[make_account(20_001, friends=PEOPLE[:5])], labels=[label])
    campaign = make_campaign(lists=[make_list("all")])
    pooled(campaign, first=1)
    run = start_campaign(campaign=campaign)
    plan_run(run=run)
    joining = make_account(20_002, friends=PEOPLE[5:9])
    make_list("all", PEOPLE[5:9])
    joining.labels.add(label)
    assert add_late_comers(run=run) == 4
    assert {senders(run)[uin] for uin in PEOPLE[5:9]} == {20_002}


def test_an_empty_pool_is_not_every_account(everybody: None) -> None:
    make_account(20_001, friends=PEOPLE)
    create_pool(name="empty")
    campaign = make_campaign(lists=[make_list("all")])
    pooled(campaign, empty=None)
    with pytest.raises(Refusal, match="The pools of “spring” are empty"):
        start_campaign(campaign=campaign)
    assert preflight(campaign=campaign).sendable == 0


def test_the_command() -> None:
    make_list("all", PEOPLE[:3])
    for uin in (20_001, 20_002, 20_003):
        make_account(uin, friends=PEOPLE[:3], per_day=100)
    assert manage("label", "create", "vip", "--colour", "green", "--json").json["rows"] == 0
    assert manage("label", "add", "VIP", "--account", 20_002, "--json").json["changed"] == 1
    made = manage("pool", "create", "first", "--account", 20_001, "--label", "vip", "--json").json
    assert (made["size"], made["working"], made["a_day"]) == (2, 2, 200)
    assert [one["uin"] for one in made["members"]] == [20_001, 20_002]
    said = manage("pool", "remove", "first", "--account", 20_002, "--json")
    assert (said.status, said.json["error"]) == (1, "member_by_label")
    assert manage("pool", "add", "first", "--account", 20_003, "--json").json["size"] == 3
    assert manage("pool", "remove", "first", "--account", 20_003, "--json").json["size"] == 2
    created = manage(
        "campaign", "create", "spring", "--list", "all", "--text", "hi", "--pool", "first=3",
        "--label", "vip", "--json",
    )  # fmt: skip
    assert (created.json["pools"], created.json["labels"]) == (["first=3"], ["vip"])
    campaign = Campaign.objects.get()
    pool = AccountPool.objects.get()
    assert campaign.pool_shares == {str(pool.pk): 3.0}
    shown = manage("pool", "show", "first", "--json").json
    assert shown["uses"] == ["These campaigns are sent by it: “spring”. Take it out of them first."]
    said = manage("pool", "delete", "first", "--json")
    assert (said.status, said.json["error"]) == (1, "in_use")
    said = manage("label", "delete", "vip", "--json")
    assert (said.status, said.json["error"]) == (1, "in_use")
    assert manage("pool", "archive", "first", "--json").json["archived_at"]
    assert manage("pool", "list", "--json").json["items"] == []
    assert manage("pool", "add", "first", "--label", "vip", "--json").json["error"] == "archived"
    campaign.pools.clear()
    assert manage("pool", "delete", "first", "--json").json == {"pool": "first", "deleted": True}
    gone = manage("label", "delete", "vip", "--json").json
    assert gone["had_it"] == [
        "It is taken off these accounts: “20002”.",
        "It is taken off these campaigns: “spring”.",
    ]


@pytest.mark.parametrize(
    ("pool", "code"),
    [
        ("frist", "pool_unknown"),
        ("first=", ""),
        ("first=0", "share_malformed"),
        ("first=-1", "share_malformed"),
        ("first=nan", "share_malformed"),
        ("first=²", "share_malformed"),
        (f"first={'9' * 5000}", "share_malformed"),
        ("\0=1", "pool_unknown"),
        ("first=50%", ""),
    ],
)
def test_pools_as_they_are_written(pool: str, code: str) -> None:
    make_list("all", PEOPLE[:1])
    create_pool(name="first")
    said = manage(
        "campaign", "create", "x", "--list", "all", "--text", "hi", "--pool", pool, "--json"
    )
    assert said.status == (1 if code else 0), said
    assert said.json.get("error", "") == code

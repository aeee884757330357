"""What planning decides in SQL is what its rules say, computed here in Python row by row."""

from __future__ import annotations

import math
import random
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Account, AccountPool, Friend, Lease
from accounts.pools import create_pool
from accounts.states import WORKING_STATES, AccountState
from campaigns.creation.variants import NewVariant, add_variants
from campaigns.models import CampaignRun, MessageTemplate, TemplateText
from campaigns.planning import order, picks_sql
from campaigns.planning.order import RankedPeople, rank_by_attribute
from campaigns.planning.people_sql import Chunk
from campaigns.planning.rules import rules_of_run
from campaigns.planning.senders import BY_HAND
from campaigns.planning.text_choice import choice_of_run
from clocks import shared
from contacts.models import Attribute, Contact, ContactList, Suppression
from contacts.models.attribute import typed_attributes
from contacts.typed_values.types import readings_of
from sending.models import CapOrigin, Delivery, OnceAcross
from sending.states import RunState
from tests.campaigns.factories import make_account, make_campaign, make_list, make_run
from tests.campaigns.test_recent_messages import make_history, picks

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
UINS = range(100_000, 100_120)
#: Hashes are taken modulo this number.
PARTS = 1_000_003


def share(seed: int) -> float:
    """Return the pseudo-random number of a seed."""
    return ((seed % PARTS) ** 2 % PARTS + 1) / (PARTS + 1)


def seconds_of(account: Account) -> float:
    """Return the seconds per message of an account."""
    rates = ((60, account.per_minute), (3600, account.per_hour), (86_400, account.per_day))
    learnt = Lease.objects.get(account=account).learnt_interval or 0
    return max(account.min_interval, learnt, *(span / n for span, n in rates if n), 0.001)


def counts_for_cap(delivery: Delivery, run: CampaignRun) -> bool:
    """Return whether a message counts for the cap of a run."""
    assert run.cap_seconds is not None
    span = timedelta(seconds=run.cap_seconds)
    origins = set(run.cap_origins.values_list("origin", flat=True))
    if not run.cap_counts_all and delivery.run.origin not in origins:
        return False
    if delivery.state == "sending":
        return True
    if delivery.state not in ("sent", "unknown"):
        return False
    if delivery.sent_at is not None:
        return delivery.sent_at > shared.wall() - span
    marked = max((one.marked_at for one in delivery.attempts.all()), default=None)
    return marked is not None and marked > shared.now() - span


def over_limit_of(person: Contact, run: CampaignRun) -> str:
    """Return the reason to skip a person because of a limit, or ""."""
    others = list(Delivery.objects.filter(contact=person).exclude(run=run).select_related("run"))
    once = set(run.once_across.values_list("origin", flat=True))
    got = {one.run.origin for one in others if one.state in ("sending", "sent", "unknown")}
    if once & got:
        return "once_across"
    if run.cap_most is None:
        return ""
    counted = sum(counts_for_cap(one, run) for one in others)
    return "frequency_cap" if counted >= run.cap_most else ""


def account_of(person: Contact, run: CampaignRun, kept: int | None) -> tuple[int | None, bool]:
    """Return the account that writes to a person, and whether one has them as a friend."""
    campaign, seed = run.campaign, run.pk * 12_820_163 % 2**40
    pools = {pool.pk: set(pool.accounts.all()) for pool in campaign.pools.all()}
    by_hand = set(campaign.accounts.all())
    if by_hand:
        pools[BY_HAND] = by_hand
    turns: list[tuple[Any, ...]] = []
    has_friend = False
    for friend in Friend.objects.filter(uin=person.uin, ended_at=None).select_related("account"):
        account = friend.account
        if pools and not any(account in members for members in pools.values()):
            continue
        has_friend = True
        if account.state not in WORKING_STATES:
            continue
        number = share(person.uin * 69_621 + account.pk * 1_140_671_485 + seed)
        turn = -math.log(number) * seconds_of(account)
        groups = [key for key, members in pools.items() if account in members]
        for key in groups if campaign.pool_shares else [None]:
            group_turn = 0.0
            if key is not None:
                of_group = share(person.uin * 48_271 + key * 1_597_334_677 + seed)
                group_turn = -math.log(of_group) / campaign.pool_shares.get(str(key), 1.0)
            turns.append((account.pk != kept, group_turn, turn, account.pk))
    return (min(turns)[-1] if turns else None), has_friend


def expected(person: Contact, run: CampaignRun, lists: set[int]) -> tuple[Any, ...]:
    """Return what planning must pick for a person, without the rank."""
    sent = Delivery.objects.filter(contact=person, state="sent").order_by("-run_id").first()
    kept = sent.account_id if sent is not None and run.sender == "keep" else None
    account, has_friend = account_of(person, run, kept)
    rows = [
        row
        for row in Suppression.objects.filter(uin=person.uin)
        if row.until is None or row.until > timezone.now()
    ]
    is_suppressed = any(row.contact_list_id is None or row.contact_list_id in lists for row in rows)
    choice = choice_of_run(run)
    return (
        *(person.pk, person.uin, account, account, is_suppressed, has_friend, kept),
        over_limit_of(person, run),
        choice.number_of(uin=person.uin, attributes=person.attributes),
        choice.is_held_out(uin=person.uin),
        False,
    )


def make_accounts(drawn: random.Random, everybody: ContactList) -> list[Account]:
    """Make accounts of all paces with friends, and people who opted out."""
    accounts = [
        make_account(
            20_001 + place,
            friends=drawn.sample(UINS, 60),
            min_interval=drawn.choice([0.0, 1.0, 3.0]),
            per_minute=drawn.choice([None, 10]),
            per_day=drawn.choice([None, 500]),
            state=AccountState.DISABLED if place == 4 else AccountState.ONLINE,
        )
        for place in range(5)
    ]
    gone = drawn.sample(list(Friend.objects.order_by("pk")), 30)
    Friend.objects.filter(pk__in=[one.pk for one in gone]).update(ended_at=timezone.now())
    other = make_list("other")
    for uin in drawn.sample(UINS, 12):
        Suppression.objects.create(
            uin=uin,
            contact_list=drawn.choice([None, everybody, other]),
            until=drawn.choice([None, timezone.now() - timedelta(days=1)]),
        )
    return accounts


def with_variants(name: str, everybody: ContactList, **columns: Any) -> Any:
    """Make a campaign with a holdout, and two variants of which one has languages."""
    template = MessageTemplate.objects.create(
        name="hello", text="hi", language_attribute="language"
    )
    TemplateText.objects.create(template=template, language="zh", text="你好")
    campaign = make_campaign(name, lists=[everybody], holdout=10, **columns)
    variants = [NewVariant("A", 1, "a"), NewVariant("B", 2, template=template)]
    add_variants(campaign=campaign, variants=variants)
    return campaign


@pytest.mark.parametrize("seed", range(8))
def test_planning_picks_what_its_rules_say(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = random.Random(seed)
    if seed >= 4:  # as with more accounts than that
        monkeypatch.setattr(picks_sql, "_MOST_SPEEDS", 0)
    everybody = make_list("all", UINS)
    accounts = make_accounts(drawn, everybody)
    for person in Contact.objects.all():
        person.attributes = {"language": drawn.choice(["zh_CN", "en", "", True, 5])}
        person.save()
    earlier = make_history(drawn, accounts)
    campaign = with_variants("spring", everybody)
    if seed % 4 != 0:  # 0: all accounts; 1: pools without shares; 2, 3: with shares
        create_pool(name="first", accounts=accounts[:2])
        create_pool(name="second", accounts=[accounts[1], accounts[2], accounts[4]])
        campaign.pools.set(AccountPool.objects.all())
    if seed % 4 >= 2:
        first, second = AccountPool.objects.order_by("name")
        campaign.pool_shares = {str(first.pk): 3.0, str(second.pk): 1.0}
        campaign.save()
    if seed == 3:
        campaign.accounts.set(accounts[3:])
    has_cap = seed not in (1, 6)
    run = make_run(
        campaign,
        state=RunState.PREPARING,
        sender="spread" if seed in (2, 5) else "keep",
        cap_most=drawn.choice([1, 2]) if has_cap else None,
        cap_seconds=7 * 86_400 if has_cap else None,
        cap_counts_all=seed % 2 == 0,
    )
    for other in earlier[:4]:
        CapOrigin.objects.create(run=run, origin=f"campaign:{other.pk}")
    if seed in (0, 3, 4, 6):
        for other in (campaign, earlier[seed]):
            OnceAcross.objects.create(run=run, origin=f"campaign:{other.pk}")
    lists = set(rules_of_run(run).list_ids)
    found = [
        (*row[:2], *row[3:5], *map(bool, row[5:7]), *row[7:10], *map(bool, row[10:]))
        for row in picks(run, Chunk(Contact.objects.order_by("pk")))
    ]
    by_hand = [expected(one, run, lists) for one in Contact.objects.order_by("pk")]
    assert found == by_hand
    assert len({row[2] for row in found}) > 2


VALUES = [
    *("7", "-7", "0", "-0", "007", "1000000000", "-1000000000", "", " ", " 12 ", None, 3, -3),
    *("5.0", "999999999"),
]
OTHERS = ["1000000001", "2.5", "apple", "Äpfel", "9" * 24, "-", "1-2", "1.2.3", True, [1]]


def in_order(ranked: RankedPeople) -> list[int]:
    """Return the contacts in the order of their ranks."""
    pairs = [divmod(both, 1 << order.RANK_BITS) for both in ranked.packed]
    assert [key for key, _rank in pairs] == sorted(key for key, _rank in pairs)
    assert all(0 < rank < order.LAST_RANK for _key, rank in pairs)
    return [key for key, _rank in sorted(pairs, key=lambda pair: (pair[1], pair[0]))]


@pytest.mark.parametrize("kind", ["", "number", "date", "yes_no"])
@pytest.mark.parametrize("other", [None, *OTHERS], ids=repr)
def test_ranks_without_a_sort_give_the_order_of_the_sort(
    kind: str, other: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = random.Random(f"{kind} {other}")
    descending = drawn.random() < 0.5
    if kind:
        Attribute.objects.create(name="points", kind=kind)
    everybody = make_list("all", UINS[:60])
    for person in Contact.objects.all():
        value = drawn.choice(VALUES if other is None else [*VALUES, other])
        person.attributes = {} if value is None else {"points": value}
        person.readings = readings_of(person.attributes, typed_attributes())
        person.save()
    run = make_run(
        make_campaign("spring", lists=[everybody]),
        state=RunState.PREPARING,
        order="attribute",
        order_attribute="points",
        order_descending=descending,
    )
    without = in_order(rank_by_attribute(run=run))
    monkeypatch.setattr(order, "_WHOLE_NUMBERS", "SELECT 0 FROM ({people}) people -- {sign}{once}")
    assert in_order(rank_by_attribute(run=run)) == without
    assert len(without) == 60

"""The hash of what is approved: the same on every database and in any order, else another."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Account
from accounts.pools import create_pool
from campaigns.approvals.definition import definition_of, fingerprint_of
from campaigns.approvals.differences import changed_labels, changes_between
from campaigns.approvals.people_hash import PeopleHash, people_hash_of
from campaigns.models import Campaign, MessageTemplate
from clocks import shared
from contacts.models import Contact, ContactList, Membership, Segment
from labels.models import Label
from tests.campaigns.factories import china, make_account, make_campaign, make_list

#: Of the campaign that `world` makes, written down once: on both databases it is this one.
KNOWN = "7f20637e63a32fd994928aba06e9e012774715425c9f78f3e05174643ca42a9b"


@given(st.lists(st.integers(10_000, 4_294_967_295), unique=True, max_size=40), st.randoms())
def test_people_in_any_order_and_in_any_chunks(uins: list[int], random: object) -> None:
    whole = PeopleHash()
    whole.add(uins)
    mixed = list(uins)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    parts = PeopleHash()
    for start in range(0, len(mixed), 7):
        parts = PeopleHash(parts.total, parts.people)
        parts.add(mixed[start : start + 7])
    assert parts.hexdigest == whole.hexdigest
    less = PeopleHash()
    less.add(uins[1:])
    assert not uins or less.hexdigest != whole.hexdigest


def world(*, is_reversed: bool = False) -> Campaign:
    """Make a campaign; its rows come in another order if `is_reversed`."""
    step = -1 if is_reversed else 1
    for key, name in [(7, "VIP"), (8, "all")][::step]:
        ContactList.objects.create(pk=key, name=name)
    for uin in range(100_000, 100_006)[::step]:
        contact = Contact.objects.create(uin=uin)
        Membership.objects.create(contact_list_id=8 if uin % 2 else 7, contact=contact)
    accounts = [make_account(uin) for uin in (20_001, 20_002)[::step]]
    made = make_campaign(
        "spring", lists=list(ContactList.objects.order_by("-pk")), accounts=accounts
    )
    return Campaign.objects.get(pk=made.pk)


@pytest.mark.django_db
@pytest.mark.parametrize("is_reversed", [False, True])
def test_the_hash_is_known(is_reversed: bool) -> None:
    assert fingerprint_of(world(is_reversed=is_reversed)).hash == KNOWN


def edit_text(campaign: Campaign) -> None:
    campaign.text = "other"


def edit_template(campaign: Campaign) -> None:
    assert campaign.template is not None
    MessageTemplate.objects.update(text="other")
    campaign.template.refresh_from_db()


def edit_lists(campaign: Campaign) -> None:
    campaign.lists.set(campaign.lists.all()[:1])


def edit_exclusion(campaign: Campaign) -> None:
    campaign.excluded_lists.set(campaign.lists.all()[:1])


def edit_segment(_campaign: Campaign) -> None:
    Segment.objects.update(conditions={"kind": "name", "op": "is", "value": "b"})


def edit_accounts(campaign: Campaign) -> None:
    campaign.accounts.set(Account.objects.all()[:1])


def edit_start(campaign: Campaign) -> None:
    campaign.starts_at = shared.wall() + timedelta(days=1)


def edit_windows(campaign: Campaign) -> None:
    campaign.windows = "mon=09:00-10:00"


def edit_holidays(campaign: Campaign) -> None:
    assert campaign.holidays is not None
    campaign.holidays.dates.all()[0].delete()


def edit_promise(campaign: Campaign) -> None:
    campaign.promise = "never-missed"


def edit_cap(campaign: Campaign) -> None:
    campaign.cap_most, campaign.cap_days = 1, 7


def edit_cap_label(campaign: Campaign) -> None:
    campaign.cap_label = Label.objects.create(name="other")


def edit_own_label(campaign: Campaign) -> None:
    campaign.labels.clear()


def edit_pools(campaign: Campaign) -> None:
    campaign.pools.add(create_pool(name="new"))


def edit_share(campaign: Campaign) -> None:
    campaign.pool_shares = {str(campaign.pools.get().pk): 2.5}


def edit_holdout(campaign: Campaign) -> None:
    campaign.holdout = Decimal("12.5")


def edit_weight(campaign: Campaign) -> None:
    campaign.variants.update(weight=3)


def edit_variant(campaign: Campaign) -> None:
    campaign.variants.update(text="other")


def swap_names(_campaign: Campaign) -> None:
    ContactList.objects.filter(pk=7).update(name="x", name_key="x")
    ContactList.objects.filter(pk=8).update(name="VIP", name_key="vip")
    ContactList.objects.filter(pk=7).update(name="all", name_key="all")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("edit", "label"),
    [
        (edit_text, "text"),
        (edit_template, "text"),
        (edit_lists, "to these lists"),
        (edit_exclusion, "excluded lists"),
        (edit_segment, "and to these segments"),
        (edit_accounts, "sent by"),
        (edit_start, "starts at"),
        (edit_windows, "sending windows"),
        (edit_holidays, "dates of the holidays"),
        (edit_promise, "promise"),
        (edit_cap, "messages to a person, at most, in days"),
        (edit_cap_label, "of campaigns with this label"),
        (edit_own_label, "labels"),
        (edit_pools, "and by these pools"),
        (edit_share, "and by these pools"),
        (swap_names, "to these lists"),
        (edit_holdout, "holdout (%)"),
        (edit_weight, "variants"),
        (edit_variant, "text A"),
    ],
)
def test_each_change_is_another_hash_and_has_a_label(
    edit: Callable[[Campaign], None], label: str
) -> None:
    campaign = world()
    campaign.segments.add(Segment.objects.create(name="s", conditions={}))
    campaign.holidays = china()
    if edit is edit_template:
        campaign.template, campaign.text = MessageTemplate.objects.create(name="t", text="t"), ""
    if edit in (edit_weight, edit_variant):
        campaign.variants.create(name="A", text="a")
    if edit is edit_cap_label:
        campaign.cap_most, campaign.cap_days = 1, 7
    if edit is edit_own_label:
        campaign.cap_most, campaign.cap_days = 1, 7
        campaign.cap_label = Label.objects.create(name="own")
        campaign.labels.add(campaign.cap_label)
    if edit is edit_share:
        campaign.pools.add(create_pool(name="old"))
    campaign.save()
    before = definition_of(campaign)
    edit(campaign)
    after = definition_of(campaign)
    assert after.rule_hash != before.rule_hash
    assert changed_labels(before.stored, after.stored) == label
    assert (after.text_hash != before.text_hash) is label.startswith("text")


@pytest.mark.django_db
def test_what_is_no_part_of_it_changes_nothing() -> None:
    campaign = world()
    before = fingerprint_of(campaign).hash
    campaign.name, campaign.schedule_detail, campaign.needs_approval = "other", "x", True
    campaign.save()
    Account.objects.update(state="offline")
    assert fingerprint_of(campaign).hash == before


@pytest.mark.django_db
def test_people_are_part_of_it_unless_it_is_repeated() -> None:
    campaign = world()
    once = fingerprint_of(campaign).hash
    make_list("all", [100_090])
    assert fingerprint_of(campaign).hash != once
    assert people_hash_of(campaign).people == 7
    campaign.repeat = "daily@09:00"
    rule = fingerprint_of(campaign).hash
    make_list("all", [100_091])
    assert fingerprint_of(campaign).hash == rule


def test_a_text_is_compared_line_by_line() -> None:
    before = {"texts": [{"variant": "", "language": "", "text": "one\ntwo"}], "rules": {}}
    after = {"texts": [{"variant": "", "language": "", "text": "one\n2"}], "rules": {}}
    (change,) = changes_between(before, after)
    assert change.lines == [(" ", "one"), ("-", "two"), ("+", "2")]

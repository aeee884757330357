"""A campaign to a segment: evaluated when the run is planned, each person once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.audience_query import targeted_contacts
from campaigns.creation.create_campaign import create_campaign
from campaigns.models import Campaign
from campaigns.planning.preflight import preflight
from contacts.lists.combine import combine_lists
from contacts.models import Contact, ContactList, Membership, Segment
from contacts.segments.preview import count_people
from contacts.segments.references import missing_in
from contacts.segments.save import create_segment
from contacts.segments.where import parse_where
from foundation.deletion import delete_row
from foundation.refusals import Refusal
from sending.models import Delivery
from tests.campaigns.factories import (
    make_account,
    make_campaign,
    make_delivery,
    make_inbound,
    make_run,
)
from tests.commandline import manage

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

IN_BERN = {"kind": "attribute", "name": "city", "is": "one_of", "value": ["Bern"]}


@pytest.fixture
def bernese() -> Segment:
    return Segment.objects.create(name="Bernese", conditions=IN_BERN)


def _contact(uin: int, city: str) -> Contact:
    return Contact.objects.create(uin=uin, attributes={"city": city})


def test_each_person_that_matches_is_in_it_once(bernese: Segment) -> None:
    make_account()
    members = ContactList.objects.create(name="Members")
    both, listed, fitting = (
        _contact(20001, "Bern"),
        _contact(20002, "Basel"),
        _contact(20003, "Bern"),
    )
    Membership.objects.bulk_create(
        [Membership(contact_list=members, contact=one) for one in (both, listed)]
    )
    campaign = create_campaign(name="c", lists=[members], segments=[bernese], text="hi")
    assert set(targeted_contacts(of=campaign)) == {both, listed, fitting}
    assert targeted_contacts(of=campaign).count() == 3


def test_it_is_evaluated_at_each_use(bernese: Segment) -> None:
    make_account()
    campaign = create_campaign(name="c", lists=[], segments=[bernese], text="hi")
    assert not targeted_contacts(of=campaign).exists()
    moved = _contact(20001, "Bern")
    assert list(targeted_contacts(of=campaign)) == [moved]


def test_the_people_of_excluded_lists_stay_out(bernese: Segment) -> None:
    make_account()
    out = ContactList.objects.create(name="Out")
    Membership.objects.create(contact_list=out, contact=_contact(20001, "Bern"))
    campaign = create_campaign(
        name="c", lists=[], segments=[bernese], excluded_lists=[out], text="hi"
    )
    assert not targeted_contacts(of=campaign).exists()


def test_the_command_takes_segments(bernese: Segment) -> None:
    make_account()
    made = manage("campaign", "create", "c", "--segment", "Bernese", "--text", "hi", "--json")
    assert made.status == 0
    assert made.json["segments"] == ["Bernese"]
    assert list(Campaign.objects.get(name="c").segments.all()) == [bernese]


def test_an_unknown_segment_is_refused() -> None:
    refused = manage("campaign", "create", "c", "--segment", "x", "--text", "hi", "--json")
    assert (refused.status, refused.json["error"]) == (1, "segment_unknown")


def test_neither_list_nor_segment_is_wrong_usage() -> None:
    assert manage("campaign", "create", "c", "--text", "hi").status == 2
    with pytest.raises(Refusal, match="a list or a segment"):
        create_campaign(name="c", lists=[], text="hi")
    assert not Delivery.objects.exists()


def test_a_list_that_was_deleted_selects_nobody_and_the_preflight_names_it() -> None:
    make_account()
    vip = ContactList.objects.create(name="VIP")
    _contact(20001, "Bern")
    condition = {"kind": "list", "lists": [vip.pk], "names": ["VIP"]}
    segment = Segment.objects.create(name="s", conditions={"any": [{"not": condition}, IN_BERN]})
    _contact(20002, "Basel")
    vip.delete()
    campaign = create_campaign(name="c", lists=[], segments=[segment], text="hi")
    assert [one.uin for one in targeted_contacts(of=campaign)] == [20001]
    warnings = preflight(campaign=campaign).warnings
    assert any("“s” refers to the list “VIP”, which was deleted" in one for one in warnings)


def test_people_who_got_a_campaign() -> None:
    make_account()
    got, missed = _contact(20001, "Bern"), _contact(20002, "Bern")
    spring = create_campaign(name="spring", lists=[], segments=[_all_of_bern()], text="hi")
    run = make_run(spring)
    for contact, state in ((got, "sent"), (missed, "failed")):
        Delivery.objects.create(run=run, contact=contact, uin=contact.uin, state=state, reason="x")
    assert count_people(conditions=parse_where("got campaign:spring")) == 1
    assert count_people(conditions=parse_where("not got campaign:(spring)")) == 1
    tree = parse_where("not got campaign:spring")
    Delivery.objects.all().delete()
    run.delete()
    spring.delete()
    assert count_people(conditions=tree) == 0
    assert [missing.name for missing in missing_in(tree)] == ["spring"]


def test_people_who_replied_to_a_campaign() -> None:
    account = make_account()
    spring = create_campaign(name="spring", lists=[], segments=[_all_of_bern()], text="hi")
    run = make_run(spring)
    for uin in (20001, 20002):
        contact, at = _contact(uin, "Bern"), timezone.now() - timedelta(days=1)
        make_delivery(run, contact, account=account, sent_at=at)
    make_inbound(account, 20001)
    make_inbound(make_account(20_002), 20002)
    assert count_people(conditions=parse_where("replied to campaign:spring")) == 1
    assert count_people(conditions=parse_where("replied and not replied to campaign:spring")) == 1
    segment = Segment.objects.create(name="r", conditions=parse_where("replied to campaign:spring"))
    members = ContactList.objects.create(name="who replied")
    assert combine_lists(into=members, segment=segment) == 1
    assert [row.contact.uin for row in members.memberships.all()] == [20001]


def _all_of_bern() -> Segment:
    return Segment.objects.create(name="all of Bern", conditions=IN_BERN)


def test_a_campaign_that_a_segment_asks_about_is_not_deleted() -> None:
    campaign = make_campaign("spring")
    create_segment(name="got it", conditions={"kind": "got", "campaigns": [campaign.pk]})
    with pytest.raises(Refusal, match="got it"):
        delete_row(row=campaign)
    Segment.objects.all().delete()
    delete_row(row=campaign)

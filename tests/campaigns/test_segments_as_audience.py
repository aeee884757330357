"""A campaign to a segment: evaluated when the run is planned, each person once."""

from __future__ import annotations

import pytest

from campaigns.audience_query import targeted_contacts
from campaigns.creation.create_campaign import create_campaign
from campaigns.models import Campaign
from contacts.models import Contact, ContactList, Membership, Segment
from foundation.refusals import Refusal
from sending.models import Delivery
from tests.campaigns.factories import make_account
from tests.commandline import manage

pytestmark = pytest.mark.django_db

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

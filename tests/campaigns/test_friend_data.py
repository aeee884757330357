"""Friend requests know contacts, and erasing a person covers what is known of friends."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.friend_requests.known_people import known_people
from accounts.models import AccountTask, FriendEvent, FriendLink, FriendRequest, Profile
from campaigns.contacts_hooks.profile_attributes import attributes_of_profile
from contacts.models import Contact
from contacts.people.erase import erase_person
from contacts.suppressions import suppress
from tests.campaigns.factories import make_account, make_list

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

PERSON, OTHER = 50_001, 50_002


def test_known_people_are_contacts_that_are_not_suppressed() -> None:
    make_list("all", [PERSON, OTHER])
    suppress(uins=[OTHER])
    assert known_people([PERSON, OTHER, 50_003]) == {PERSON}


def test_erasing_a_person_leaves_nothing_of_friends() -> None:
    account, now = make_account(friends=[PERSON]), timezone.now()
    make_list("all", [PERSON])
    for uin in (PERSON, OTHER):
        FriendRequest.objects.create(account=account, uin=uin, text="hi", received_at=now)
        FriendLink.objects.create(account=account, uin=uin, kind="add", purpose="-")
        FriendEvent.objects.create(account=account, uin=uin, kind="came", at=now)
        AccountTask.objects.create(account=account, kind="accept", uin=uin, text="hi")
        Profile.objects.create(uin=uin, level=3, fetched_at=now, nickname="小明")
    erase_person(contact=Contact.objects.get(uin=PERSON))
    for model in (FriendRequest, FriendLink, FriendEvent, AccountTask, Profile):
        assert list(model._default_manager.values_list("uin", flat=True)) == [OTHER]


def test_the_words_of_a_profile_are_those_of_the_reference() -> None:
    profile = Profile(uin=PERSON, sex=0, zodiac=12, constellation=1, blood_type=4, age=0)
    assert attributes_of_profile(profile) == {
        "qq_sex": "男",
        "qq_zodiac": "猪",
        "qq_constellation": "水瓶座",
        "qq_blood_type": "AB型",
    }
    assert attributes_of_profile(Profile(uin=PERSON, sex=7, zodiac=0)) == {}

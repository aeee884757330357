"""Profiles: fetched slowly, newest friends first, and given to contacts under their own names."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from accounts.account_tasks import request_account_task
from accounts.models import Account, AccountTask, AccountTaskKind, Friend, Profile
from clocks import shared
from contacts.models import Contact
from contacts.segments.preview import preview_segment
from qqhttp.simulator import GatewaySimulator, profiles
from tests.campaigns.factories import make_list
from tests.commandline import manage
from tests.sending.conftest import friends_of
from tests.sending.inboxes import logged_in
from tests.sending.working import LocalWorker, wait_until


def test_the_newest_friends_come_first_up_to_a_days_ceiling(
    engine: GatewaySimulator, sender: Account, settings: Any
) -> None:
    settings.QQ_PROFILES_PER_DAY = 3
    mine = friends_of(0)
    newest = mine[4:6]
    Friend.objects.filter(uin__in=newest).update(known_since=shared.wall() + timedelta(days=1))
    with LocalWorker() as worker:
        logged_in(sender)
        request_account_task(account=sender, kind=AccountTaskKind.INFO)
        wait_until(lambda: not AccountTask.objects.open().exists(), what="the end of the task")
        assert worker.deaths == []
    fetched = set(Profile.objects.values_list("uin", flat=True))
    assert fetched > set(newest)
    assert len(fetched) == 3
    assert engine.control.figures().requests["GetInfo"] == 3
    profile = Profile.objects.get(uin=newest[0])
    assert profile.nickname == profiles.nickname(newest[0])
    assert profile.age == profiles.age(newest[0])
    assert Friend.objects.get(uin=newest[0]).nickname == profile.nickname


def test_a_contact_gets_attributes_that_replace_none_of_an_import(
    engine: GatewaySimulator, sender: Account
) -> None:
    person = friends_of(0)[1]
    make_list("all", [person], city="巴黎", age="30")
    with LocalWorker():
        logged_in(sender)
        (item,) = manage("friends", "info", person, "--json").json["items"]
    _province, city = profiles.province_and_city(person)
    assert (item["uin"], item["account"], item["city"]) == (person, sender.uin, city)
    assert item["sex"] in {"男", "女"}
    contact = Contact.objects.get(uin=person)
    assert (contact.attributes["city"], contact.attributes["age"]) == ("巴黎", "30")
    assert contact.attributes["qq_city"] == city
    assert contact.attributes["qq_age"] == str(profiles.age(person))
    assert contact.attributes["qq_nickname"] == profiles.nickname(person)
    assert "qq_phone" not in contact.attributes
    found = preview_segment(
        conditions={"kind": "attribute", "name": "qq_city", "is": "one_of", "value": [city]}
    )
    assert found.sample == [contact]


def test_a_person_whom_the_gateway_does_not_tell_of_is_passed_over(
    engine: GatewaySimulator, sender: Account, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.gateway.task_requests.REPEAT_SECONDS", 0.1)
    settings.QQ_PROFILES_PER_DAY = 3
    first, second = [
        friend.uin for friend in Friend.objects.filter(account=sender).order_by("-pk")[:2]
    ]
    engine.control.set_faults(
        f"refuse,command=GetInfo,un={first},res=7", f"empty:before,command=GetInfo,un={second}"
    )
    with LocalWorker():
        logged_in(sender)
        request_account_task(account=sender, kind=AccountTaskKind.INFO)
        wait_until(lambda: Profile.objects.count() == 3, what="three profiles")
        wait_until(lambda: not AccountTask.objects.open().exists(), what="the end of the task")
    assert Profile.objects.get(uin=first).level == 0
    assert not Profile.objects.filter(uin=second).exists()


def test_a_search_for_people(engine: GatewaySimulator, sender: Account) -> None:
    with LocalWorker():
        logged_in(sender)
        said = manage(
            "friends", "find", "--account", sender.uin, "--age", 20, "--sex", "female",
            "--province", "云南", "--json",
        )  # fmt: skip
    people = said.json["items"]
    assert people
    for person in people:
        assert profiles.age(person["uin"]) == 20
        assert profiles.sex(person["uin"]) == 1
        assert person["nickname"] == profiles.nickname(person["uin"])

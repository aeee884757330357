"""Creating a campaign: every argument is stored, or the campaign is refused and not created."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from campaigns.creation.create_campaign import create_campaign
from campaigns.models import Campaign, MessageTemplate
from campaigns.run_control.lifecycle import start_campaign
from contacts.models import ContactList
from foundation.refusals import Refusal
from foundation.weekly import read_windows
from tests.campaigns.factories import make_account, make_list

pytestmark = pytest.mark.django_db


@pytest.fixture
def members() -> ContactList:
    make_account()
    return make_list("members", [100_001, 100_002], city="上海")


def test_it_stores_every_argument(members: ContactList) -> None:
    account, excluded = make_account(20_002), make_list("staff")
    operator = User.objects.create_user("operator")
    starts_at = timezone.now() + timedelta(days=1)
    campaign = create_campaign(
        name=" 春 节 ",
        lists=[members],
        excluded_lists=[excluded],
        text="你好 {{ city }}\r\n",
        accounts=[account],
        starts_at=starts_at,
        windows=read_windows(["22:00-02:00"]),
        timezone="Asia/Tokyo",
        promise="never-missed",
        allows_strangers=True,
        by=operator,
    )
    campaign = Campaign.objects.get(pk=campaign.pk)
    assert campaign.name == "春 节"
    assert campaign.text == campaign.message == "你好 {{ city }}\r\n"
    assert list(campaign.lists.all()) == [members]
    assert list(campaign.excluded_lists.all()) == [excluded]
    assert list(campaign.accounts.all()) == [account]
    assert campaign.windows == "22:00-02:00"
    assert (campaign.timezone, campaign.promise) == ("Asia/Tokyo", "never-missed")
    assert campaign.starts_at == starts_at
    assert campaign.allows_strangers
    assert campaign.created_by == operator


def test_it_takes_a_template(members: ContactList) -> None:
    template = MessageTemplate.objects.create(name="t", text="hello {{ name }}")
    assert create_campaign(name="x", lists=[members], template=template).message == template.text


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"name": "taken"}, "name_taken"),
        ({"name": " taken "}, "name_taken"),
        ({"name": ""}, "name_missing"),
        ({"name": "a\0b"}, "name_malformed"),
        ({"name": "x" * 129}, "name_too_long"),
        ({"lists": []}, "no_list"),
        ({"text": ""}, "text_missing"),
        ({"text": " "}, "empty_text"),
        ({"text": "{{ nmae }}"}, "unknown_variable"),
        ({"text": "{{ name"}, "text_syntax"),
        ({"timezone": "Asia/Shanghi"}, "timezone_unknown"),
        ({"repeat": "daily"}, "repeat_malformed"),
        ({"repeat_times": 3}, "end_without_repeat"),
        ({"repeat": "daily@09:00", "repeat_times": 0}, "times_malformed"),
        (
            {"repeat": "daily@09:00", "deadline_at": datetime(2027, 1, 1, tzinfo=UTC)},
            "deadline_fixed",
        ),
        ({"deadline_at": datetime(2020, 1, 1, tzinfo=UTC)}, "deadline_past"),
        ({"starts_at": datetime(9999, 12, 31, tzinfo=UTC)}, "start_too_far"),
        ({"starts_at": datetime(2020, 1, 1, tzinfo=UTC)}, "start_past"),
        ({"promise": "maybe"}, "promise_unknown"),
    ],
)
def test_a_refusal_creates_nothing(members: ContactList, told: dict[str, Any], code: str) -> None:
    create_campaign(name="taken", lists=[members], text="hi")
    with pytest.raises(Refusal) as refused:
        create_campaign(**{"name": "new", "lists": [members], "text": "hi", **told})
    assert refused.value.code == code
    assert Campaign.objects.count() == 1


def test_it_refuses_a_text_and_a_template(members: ContactList) -> None:
    template = MessageTemplate.objects.create(name="t", text="hello")
    with pytest.raises(Refusal) as refused:
        create_campaign(name="x", lists=[members], text="hi", template=template)
    assert refused.value.code == "text_twice"


def test_it_refuses_exclusions_that_leave_no_recipient(members: ContactList) -> None:
    with pytest.raises(Refusal) as refused:
        create_campaign(name="x", lists=[members], excluded_lists=[members], text="hi")
    assert refused.value.code == "nobody"


def test_a_campaign_may_be_created_before_there_is_an_account() -> None:
    campaign = create_campaign(name="x", lists=[make_list("members", [100_001])], text="hi")
    with pytest.raises(Refusal) as refused:
        start_campaign(campaign=campaign)
    assert refused.value.code == "no_account"

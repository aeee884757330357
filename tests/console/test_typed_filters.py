"""Filters that are typed into a search lead to the address of the filter itself."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from contacts.models import Contact, ContactList
from labels.models import Label
from restrictions.models import Restriction
from sending.states import DeliveryState, RunState
from tests.campaigns.factories import (
    make_account,
    make_campaign,
    make_delivery,
    make_list,
    make_run,
)

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
CAMPAIGNS, DELIVERIES, PEOPLE = (
    "/campaigns/campaign/", "/sending/delivery/", "/contacts/contact/",
)  # fmt: skip


def led_to(operator: Client, page: str, text: str, **more: str) -> dict[str, list[str]]:
    answer = operator.get(page, {"q": text, **more})
    assert answer.status_code == 302, answer.content.decode()[:2000]
    assert operator.get(answer["Location"]).status_code == 200
    return parse_qs(urlsplit(answer["Location"]).query)


def said(operator: Client, page: str, text: str) -> str:
    answer = operator.get(page, {"q": text})
    assert answer.status_code == 200
    return str(answer.content.decode())


def rows(operator: Client, page: str, text: str) -> list[Any]:
    answer = operator.get(page, {"q": text}, follow=True)
    return list(answer.context["cl"].result_list)


def test_campaigns_by_label_list_account_and_time(operator: Client) -> None:
    spring, other = make_campaign("spring"), make_campaign("other")
    label = Label.objects.create(name="Big client")
    account = make_account(10_001)
    spring.labels.add(label)
    spring.accounts.add(account)
    assert rows(operator, CAMPAIGNS, 'label:"big client"') == [spring]
    assert rows(operator, CAMPAIGNS, "account:10001 spring") == [spring]
    assert rows(operator, CAMPAIGNS, "account:10001 other") == []
    assert set(rows(operator, CAMPAIGNS, "since:7d")) == {spring, other}
    assert rows(operator, CAMPAIGNS, "since:2200-01-01") == []
    typed = "label:“Big client” spr since:2026-11-01"
    asked = led_to(operator, CAMPAIGNS, typed, p="2", promise="x")
    assert asked == {
        "labels__id__exact": [str(label.pk)], "created_at__gte": ["2026-11-01T00:00:00+08:00"],
        "promise": ["x"], "q": ["spr"],
    }  # fmt: skip


def test_deliveries_by_campaign_account_code_state_and_reason(operator: Client) -> None:
    campaign = make_campaign("spring")
    first, second = make_run(campaign, state=RunState.FINISHED), make_run(campaign)
    account = make_account(10_001)
    make_list("members", [20_001, 20_002])
    one, two = Contact.objects.order_by("uin")
    failed = make_delivery(first, one, account=account, state=DeliveryState.FAILED)
    failed.reason, failed.last_res = "RES_5", "5"
    failed.save()
    lost = make_delivery(second, two, account=account, state=DeliveryState.UNKNOWN)
    lost.last_res = "timeout"
    lost.save()
    assert rows(operator, DELIVERIES, "campaign:Spring#1") == [failed]
    assert rows(operator, DELIVERIES, "campaign:spring") == [lost]
    assert rows(operator, DELIVERIES, "campaign:Spring#1 code:5") == [failed]
    assert rows(operator, DELIVERIES, "code:RES=5 account:10001 2000") == [failed]
    assert rows(operator, DELIVERIES, "campaign:spring code:Timeout") == [lost]
    assert rows(operator, DELIVERIES, "state:unknown") == [lost]
    assert rows(operator, DELIVERIES, "campaign:spring#1 reason:res_5") == [failed]
    assert led_to(operator, DELIVERIES, "code:null") == {"last_res": ["NULL"]}


def test_people_by_list(operator: Client) -> None:
    make_list("VIP", [20_001])
    make_list("others", [20_002])
    found = rows(operator, PEOPLE, "list:vip 2000")
    assert [one.uin for one in found] == [20_001]
    key = ContactList.objects.get(name="VIP").pk
    assert led_to(operator, PEOPLE, "list:vip") == {"lists__id__exact": [str(key)]}


@pytest.mark.parametrize(
    ("page", "text", "words"),
    [
        (CAMPAIGNS, "label:vpi", "There is no label “vpi”. Did you mean “vip”?"),
        (CAMPAIGNS, "account:1000x", "is no UIN of an account"),
        (CAMPAIGNS, "account:10009", "There is no account 10009"),
        (CAMPAIGNS, "since:yesterday", "is no time: write a day such as 2026-11-01"),
        (CAMPAIGNS, "since:9d since:7d", "can be typed once"),
        (CAMPAIGNS, "colour:red", "There is no filter “colour:”. Known are label:, list:"),
        (DELIVERIES, "campaign:nobody", "There is no campaign “nobody”"),
        (DELIVERIES, "state:gone", "“gone” is none of: pending"),
        (DELIVERIES, "reason:because", "“because” is no reason. Known are suppressed"),
        (DELIVERIES, "code:a;b", "is no result code"),
        (PEOPLE, "list:nobody", "There is no list “nobody”"),
    ],
)
def test_what_cannot_be_used_says_why_and_stays(
    page: str, text: str, words: str, operator: Client
) -> None:
    Label.objects.create(name="vip")
    page_text = said(operator, page, text)
    assert words in page_text
    assert text.replace('"', "&quot;") in page_text


def test_a_text_with_a_colon_is_a_search(operator: Client) -> None:
    campaign = make_campaign("see http://example.com at 12:30")
    assert "There is no filter" not in said(operator, CAMPAIGNS, "http://example.com")
    assert rows(operator, CAMPAIGNS, "12:30") == [campaign]


def test_the_words_are_the_readers(operator: Client) -> None:
    Label.objects.create(name="vip")
    assert "<code>label:vip</code>" in said(operator, CAMPAIGNS, "")
    operator.post("/i18n/setlang/", {"language": "zh-hans", "next": "/"})
    assert "<code>标签:vip</code>" in said(operator, CAMPAIGNS, "")
    assert "labels__id__exact" in led_to(operator, CAMPAIGNS, "标签：VIP")
    assert "labels__id__exact" in led_to(operator, CAMPAIGNS, "label:vip")


def test_restricted_users_are_told_no_names(client: Client) -> None:
    make_list("secret", [20_001])
    user = User.objects.create_user("part", is_staff=True)
    rights = Permission.objects.filter(codename__in=("view_contact", "view_contactlist"))
    user.user_permissions.add(*rights)
    Restriction.objects.create(user=user)
    client.force_login(user)
    shown = said(client, PEOPLE, "list:secre")
    assert "secret" not in shown
    assert "You can also type" not in shown

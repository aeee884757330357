"""Headings show the sidebar's title and the row; empty values have one mark everywhere."""

from __future__ import annotations

import re

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from campaigns.models import Campaign
from contacts.models import Contact
from foundation.display import EMPTY
from sending.models import Delivery
from tests.console.sample_data import make_world

# Headings come from templates; other tests request these pages on both databases.
pytestmark = pytest.mark.one_database

TABS = ["Progress", "Preflight", "Edit", "Changes"]


def _heading(page: str) -> str:
    found = re.search(r"<h1\b.*?</h1>", page, re.DOTALL)
    assert found is not None
    words = re.sub(r'<span class="material-symbols-outlined.*?</span>', ">", found[0], flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", words).split())


@pytest.mark.parametrize(
    ("address", "heading"),
    [
        ("/campaigns/campaign/", "Campaigns"),
        ("/accounts/inboundmessage/", "Inbound messages"),
        ("/conversations/conversation/", "Inbox"),
        ("/conversations/cannedanswer/", "Canned answers"),
        ("/auth/user/", "Users"),
        ("/campaigns/campaign/add/", "Campaigns > Add campaign"),
        ("/contacts/contactimport/upload/", "Imports > Import contacts"),
    ],
)
def test_a_page_is_called_as_in_the_sidebar(operator: Client, address: str, heading: str) -> None:
    page = operator.get(address).content.decode()
    assert _heading(page) == heading
    assert re.search(rf"<title>\s*{heading.split(' > ')[-1]} \|", page)


def test_a_list_tells_how_many_it_found_when_it_was_asked(operator: Client) -> None:
    make_world()
    plain = operator.get("/campaigns/campaign/").content.decode()
    assert "Show everything" not in plain
    asked = operator.get("/campaigns/campaign/?q=双十一").content.decode()
    assert _heading(asked) == "Campaigns 1 result Show everything"


@pytest.mark.parametrize("name", ["page", "preflight", "change", "history"])
def test_a_campaigns_tabs_are_on_all_its_pages(operator: Client, name: str) -> None:
    campaign = make_world()
    page = operator.get(reverse(f"admin:campaigns_campaign_{name}", args=[campaign.pk]))
    tabs = re.findall(r'<a href="[^"]+" (aria-current="page")?>(\w+)</a>', page.content.decode())
    assert [words for _current, words in tabs if words in TABS] == TABS
    assert len([words for current, words in tabs if current]) == 1


def test_a_deliverys_heading_is_in_the_viewers_language(operator: Client) -> None:
    make_world()
    delivery = Delivery.objects.filter(state="sent")[0]
    operator.cookies["django_language"] = "zh-hans"
    page = operator.get(reverse("admin:sending_delivery_change", args=[delivery.pk]))
    assert _heading(page.content.decode()) == f"投递 > {delivery.uin} (已发送)"


def test_one_mark_stands_for_nothing(operator: Client) -> None:
    make_world()
    Contact.objects.update(name="", attributes={})
    Campaign.objects.update(starts_at=None)
    for address in [
        "/sending/delivery/",
        "/contacts/contact/",
        "/auth/user/",
        "/accounts/egress/",
    ]:
        page = operator.get(address).content.decode()
        cells = [
            " ".join(re.sub(r"<[^>]+>", " ", cell).split())
            for cell in re.findall(r"<t[dh]\b.*?</t[dh]>", page, re.DOTALL)
        ]
        assert EMPTY in cells
        assert "-" not in cells


def test_changes_say_who_and_what_without_python(operator: Client) -> None:
    campaign = make_world()
    campaign.text = "新的"
    campaign.template = None
    campaign.save()
    address = reverse("admin:campaigns_campaign_history", args=[campaign.pk])
    page = operator.get(address).content.decode()
    assert "the command line" in page
    assert re.search(r"Text</span>: –\s+→ 新的", page)
    assert "None" not in page
    assert "[]" not in page


@pytest.mark.parametrize(
    ("model", "heading"),
    [
        ("accounts_accounttask", r"账号任务 > 同步好友列表 \(完成\)"),
        ("accounts_session", r"会话 > \d{4}-\d\d-\d\d \d\d:\d\d:\d\d"),
        ("contacts_suppression", r"禁发名单 > 20000000 \(.*[^a-z]\)"),
        ("sending_resultpolicy", r"结果策略 > \S+, \S+: .+"),
    ],
)
def test_rows_are_named_in_the_viewers_language(operator: Client, model: str, heading: str) -> None:
    make_world()
    operator.cookies["django_language"] = "zh-hans"
    app, name = model.split("_")
    first = apps.get_model(app, name)._default_manager.order_by("pk")[0]
    page = operator.get(reverse(f"admin:{model}_change", args=[first.pk])).content.decode()
    assert re.fullmatch(heading, _heading(page)), _heading(page)

"""The preflight page: its figures link to the people they count."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Account
from campaigns.models import Campaign
from campaigns.planning.preflight import preflight
from tests.campaigns.factories import make_account
from tests.campaigns.variants import campaign_with, people_in
from tests.console.sample_data import make_world

PERSON = re.compile(r"/contacts/contact/(\d+)/change/")


def _page(campaign: Campaign, fate: str | None = None) -> str:
    page = reverse("admin:campaigns_campaign_preflight", args=[campaign.pk])
    return page if fate is None else f"{page}{fate}/"


def test_every_figure_leads_to_its_people(operator: Client) -> None:
    page = operator.get(_page(make_world(people=14))).content.decode()
    links = re.findall(r'<a class="q-figure[^"]*" href="([^"]+)"><b>(\d+)', page)
    shown = {link.rstrip("/").rsplit("/", 1)[1]: int(n) for link, n in links}
    assert shown == {"targeted": 14, "sendable": 1, "suppressed": 1, "not_a_friend": 12}
    for link, n in links:
        assert len(PERSON.findall(operator.get(link).content.decode())) == int(n)


def test_they_come_in_pages(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("campaigns.admin.campaign_preflight.SHOWN", 5)
    address = _page(make_world(people=12), "not_a_friend")
    seen: list[str] = []
    at: str | None = address
    while at:
        with CaptureQueriesContext(connection) as asked:
            page = operator.get(at).content.decode()
        assert len(asked) <= 31  # six of them for the badges of the sidebar
        seen += PERSON.findall(page)
        more = re.search(r'href="(\?after=\d+)"', page)
        at = address + more[1] if more else None
    assert len(seen) == len(set(seen)) == 10


def test_the_people_of_one_account(operator: Client) -> None:
    campaign = make_world()
    share = preflight(campaign=campaign).per_account[0]
    account = Account.objects.get(uin=share.uin)
    address = _page(campaign, "sendable")
    page = operator.get(address, {"account": account.pk}).content.decode()
    assert len(PERSON.findall(page)) == share.messages
    assert operator.get(address, {"account": 10**18}).status_code == 404
    assert operator.get(_page(campaign, "nonsense")).status_code == 404


def test_the_people_of_one_variant(operator: Client) -> None:
    uins = range(100_000, 100_040)
    make_account(20_001, friends=uins)
    campaign = campaign_with({"A": 1, "B": 3}, lists=[people_in("all", uins)], holdout=20)
    found = preflight(campaign=campaign).variants
    page = operator.get(_page(campaign)).content.decode()
    links = re.findall(r'href="([^"]+variant=(.)[^"]*)">(\d+)<', page)
    assert {name: int(n) for _link, name, n in links} == found
    for link, name, n in links:
        shown = operator.get(link).content.decode()
        assert len(PERSON.findall(shown)) == int(n)
        assert f"variant {name}" in shown
    address = _page(campaign, "sendable")
    assert operator.get(address, {"variant": "C"}).status_code == 404
    Campaign.objects.filter(pk=campaign.pk).update(test_share=40)
    campaign.refresh_from_db()
    rest = preflight(campaign=campaign).rest
    assert 0 < rest < 40
    assert len(PERSON.findall(operator.get(address, {"variant": ""}).content.decode())) == rest


def test_who_may_not_see_people_is_led_to_none(db: None, client: Client) -> None:
    campaign = make_world()
    viewer = User.objects.create_user("viewer", password="x", is_staff=True)
    viewer.user_permissions.set(Permission.objects.filter(codename="view_campaign"))
    client.force_login(viewer)
    assert "preflight/sendable" not in client.get(_page(campaign)).content.decode()
    assert client.get(_page(campaign, "sendable")).status_code == 403

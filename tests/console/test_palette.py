"""The command palette finds people, campaigns, accounts and actions, for those who may see them."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.core.cache import cache
from django.test import Client

from campaigns.models import Campaign
from contacts.models import Contact
from qqcampaign.console.palette import MOST_OF_A_KIND
from tests.console.sample_data import FIRST_ACCOUNT, FIRST_UIN, make_world

pytestmark = pytest.mark.both_databases


def _found(client: Client, term: str) -> dict[str, str]:
    """Return the address of each result by its title."""
    page = client.get("/search/", {"s": term, "extended": "1"}).content.decode()
    found = re.findall(r'href="([^"]+)"\s+data-title="([^"]*)"', page)
    return {title: address for address, title in found}


def test_it_finds_people_by_uin_and_by_name(operator: Client) -> None:
    make_world(people=30)
    person = Contact.objects.get(uin=FIRST_UIN + 7)
    address = f"/contacts/contact/{person.pk}/change/"
    assert _found(operator, str(FIRST_UIN + 7))[f"{FIRST_UIN + 7} 张伟7"] == address
    assert _found(operator, "张伟7")[f"{FIRST_UIN + 7} 张伟7"] == address
    many = [title for title in _found(operator, "张伟") if "张伟" in title]
    assert len(many) == MOST_OF_A_KIND


def test_it_finds_accounts_pages_and_campaigns_with_what_can_be_done(operator: Client) -> None:
    campaign = make_world()
    assert f"{FIRST_ACCOUNT} 小红{FIRST_ACCOUNT}" in _found(operator, str(FIRST_ACCOUNT))
    assert "/contacts/segment/" in _found(operator, "segments").values()
    found = _found(operator, "双十一")
    assert found["双十一"] == f"/campaigns/campaign/{campaign.pk}/page/"
    assert found["Pause: 双十一"] == f"/campaigns/campaign/{campaign.pk}/do/pause/?run=1"


def test_an_action_asks_before_it_acts(operator: Client) -> None:
    campaign = make_world()
    page = operator.get(_found(operator, "双十一")["Pause: 双十一"])
    assert page.status_code == 200
    assert Campaign.objects.get(pk=campaign.pk).runs.get().state == "running"


def test_it_shows_only_what_one_may_see(client: Client, db: None) -> None:
    make_world()
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_campaign"))
    client.force_login(viewer)
    assert list(_found(client, "双十一")) == ["双十一"]
    cache.clear()
    assert _found(client, str(FIRST_UIN)) == {}

"""The command palette finds people, campaigns, accounts and actions, and takes typed commands."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.core.cache import cache
from django.test import Client

from accounts.models import Account
from campaigns.models import Campaign, CampaignRun
from contacts.models import Contact, Suppression
from qqcampaign.console.commands import MOST_ROWS
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
    assert len(many) == MOST_ROWS


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


def test_a_verb_is_typed_before_its_object(operator: Client) -> None:
    campaign = make_world(people=30)
    person = Contact.objects.get(uin=FIRST_UIN + 7)
    account = Account.objects.get(uin=FIRST_ACCOUNT)
    pause = f"/campaigns/campaign/{campaign.pk}/do/pause/?run=1"
    assert _found(operator, "pause 双十一")["Pause: 双十一"] == pause
    assert _found(operator, "Pause")["Pause: 双十一"] == pause
    assert "Pause: 双十一" not in _found(operator, "pauses 双十一")
    assert "Pause: 双十一" not in _found(operator, "resume 双十一")  # it runs
    suppress = f"/contacts/contact/{person.pk}/ask/suppress/"
    assert suppress in _found(operator, f"suppress {FIRST_UIN + 7}").values()
    assert suppress in _found(operator, f"block {FIRST_UIN + 7}").values()
    unknown = _found(operator, "suppress 77777777")
    assert unknown["Suppress: 77777777"] == "/contacts/suppression/add/?uin=77777777"
    quarantine = _found(operator, f"quarantine {FIRST_ACCOUNT}").values()
    assert f"/accounts/account/{account.pk}/ask/quarantine/" in quarantine
    assert _found(operator, "new campaign")["New campaign"] == "/campaigns/campaign/new/"


def test_commands_are_typed_in_chinese_too(operator: Client) -> None:
    make_world(people=30)
    operator.cookies["django_language"] = "zh-hans"
    for typed in ("暂停 双十一", "暂停双十一", "pause 双十一", "暂停"):
        assert "暂停：双十一" in _found(operator, typed) or "暂停: 双十一" in _found(
            operator, typed
        )
    for typed in (f"屏蔽 {FIRST_UIN + 7}", f"禁发{FIRST_UIN + 7}"):
        assert any(
            address.endswith("/ask/suppress/") for address in _found(operator, typed).values()
        )


def test_a_command_is_offered_by_the_state_of_now(operator: Client) -> None:
    make_world()
    assert "Pause: 双十一" in _found(operator, "pause 双十一")
    CampaignRun.objects.update(state="paused")
    assert list(_found(operator, "pause 双十一")) == []
    assert "Resume: 双十一" in _found(operator, "resume 双十一")


def test_a_suppressed_person_is_offered_to_be_lifted(operator: Client) -> None:
    make_world(people=30)
    Suppression.objects.create(uin=FIRST_UIN + 7, reason="by_hand")
    person = Contact.objects.get(uin=FIRST_UIN + 7)
    assert (
        f"/contacts/contact/{person.pk}/ask/lift/"
        in _found(operator, f"lift {FIRST_UIN + 7}").values()
    )
    assert "Suppress" not in " ".join(_found(operator, f"suppress {FIRST_UIN + 7}"))


def test_pages_are_found_that_are_no_lists(operator: Client) -> None:
    found = _found(operator, "calendar")
    assert found["Calendar"] == "/calendar/"
    assert _found(operator, "report")["Overall report"] == "/reports/"


def test_a_viewer_is_offered_no_command(client: Client, db: None) -> None:
    make_world(people=30)
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.user_permissions.set(
        Permission.objects.filter(codename__in=["view_campaign", "view_contact", "view_account"])
    )
    client.force_login(viewer)
    for typed in ("pause 双十一", f"suppress {FIRST_UIN + 7}", f"disable {FIRST_ACCOUNT}"):
        assert not any("/ask/" in one or "/do/" in one for one in _found(client, typed).values())
    assert "New campaign" not in _found(client, "new campaign")

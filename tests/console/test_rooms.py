"""The sidebar: rooms by work, and badges where something waits."""

from __future__ import annotations

import re

from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from accounts.models import Account, Outage
from accounts.states import AccountState
from tests.console.sample_data import FIRST_ACCOUNT, make_egress, make_world


def _menu(page: str) -> str:
    found = re.search(r'<nav id="nav-sidebar-inner".*?</nav>', page, re.DOTALL)
    assert found is not None
    return found[0]


def _rooms(page: str) -> list[str]:
    """Return the titles of the groups; those that open on demand have a button."""
    titles = re.findall(r'<h2 class="q-menu-group.*?</h2>', _menu(page), re.DOTALL)
    return [re.findall(r'(?:<span>|q-menu-title">)([^<]+)<', title)[0] for title in titles]


def _badge(page: str, address: str) -> str:
    link = re.search(rf'<a href="{address}".*?</a>', _menu(page), re.DOTALL)
    assert link is not None
    n = re.search(r'class="q-count[^"]*"[^>]*>(\d*)<', link[0])
    return n[1] if n else ""


def test_rooms_go_by_work_and_the_engine_is_the_last(operator: Client) -> None:
    page = operator.get("/").content.decode()
    assert _rooms(page) == [
        "People",
        "Senders",
        "Reports",
        "Texts",
        "Administration",
        "Engine room",
    ]


def test_a_room_that_opens_on_demand_is_open_where_one_is(operator: Client) -> None:
    def opened(address: str) -> list[str]:
        return re.findall(
            r'aria-expanded="(true|false)"', _menu(operator.get(address).content.decode())
        )

    assert opened("/") == ["false", "false"]
    assert opened("/labels/label/") == ["true", "false"]
    assert opened("/accounts/worker/") == ["false", "true"]


def test_badges_count_what_waits(operator: Client) -> None:
    make_world()
    assert _badge(operator.get("/").content.decode(), "/accounts/account/") == ""
    Account.objects.filter(uin__gt=FIRST_ACCOUNT).update(state=AccountState.QUARANTINED)
    Outage.objects.create(egress=make_egress("b"), began_at=timezone.now(), sentence="-")
    page = operator.get("/").content.decode()
    assert _badge(page, "/accounts/account/") == "2"
    assert re.search(r'Engine room</span>\s*<span class="q-count[^"]*" >1</span>', _menu(page))


def test_somebody_sees_only_the_rooms_they_may_enter(client: Client, db: None) -> None:
    client.force_login(User.objects.create_user("newcomer", is_staff=True))
    page = client.get("/").content.decode()
    assert "/campaigns/campaign/" not in _menu(page)
    assert "<li>" in _menu(page)

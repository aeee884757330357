"""The page that refuses names the role that may; an import needs the right to change."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from api.operations import OPERATIONS
from tests.console.whole_world import make_whole_world
from tests.users.addresses import addresses
from users.keep import add_user
from users.role_groups import keep_role_groups
from users.roles import Role

# Permissions are checked in Python.
pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def _page(client: Client, address: str, language: str = "en") -> str:
    client.cookies["django_language"] = language
    answer = client.get(address)
    assert answer.status_code == 403
    return answer.content.decode()


def test_the_page_names_the_role_that_may(client: Client) -> None:
    keep_role_groups()
    client.force_login(add_user(name="li", role=Role.VIEWER).user)
    page = _page(client, reverse("admin:campaigns_campaign_add"))
    assert "Your role is “Viewer”." in page
    assert "Adding campaigns needs the role “Operator”. Ask an administrator." in page
    assert 'id="nav-sidebar"' in page or "<nav" in page  # the console's own page
    page = _page(client, reverse("admin:accounts_egress_add"))
    assert "Adding egresses needs the role “Administrator”." in page
    page = _page(client, reverse("admin:auth_user_changelist"))
    assert "Looking at users needs the role “Administrator”." in page


def test_it_does_so_in_chinese(client: Client) -> None:
    keep_role_groups()
    client.force_login(add_user(name="li", role=Role.VIEWER).user)
    page = _page(client, reverse("admin:campaigns_campaign_add"), "zh-hans")
    assert "您的角色是“查看者”。" in page
    assert "添加活动需要“运营”角色。请联系管理员。" in page


def test_what_nobody_may_names_no_role(client: Client) -> None:
    keep_role_groups()
    client.force_login(add_user(name="li", role=Role.ADMINISTRATOR).user)
    page = _page(client, reverse("admin:accounts_friend_add"))
    assert "Your role is “Administrator”." in page
    assert "needs the role" not in page


#: Imports that only add: a name that exists is refused.
ADDING = {"campaigns_campaign_import", "campaigns_campaign_to_definition"}


def test_every_import_needs_the_right_to_change(client: Client) -> None:
    """A user who may view and add everything, and change nothing, imports nothing."""
    make_whole_world()
    user = User.objects.create_user("adds", is_staff=True)
    user.user_permissions.set(Permission.objects.exclude(codename__startswith="change_"))
    client.force_login(user)
    words = ("_import", "_upload", "_to_table", "_confirm", "_check", "_import_file")
    found = [one for one in addresses() if one.name.endswith(words) and one.name not in ADDING]
    assert len(found) > 20
    open_ones = [
        (one.name, method)
        for one in found
        for method in ("get", "post")
        if getattr(client, method)(one.where).status_code != 403
    ]
    assert not open_ones


def test_every_import_of_the_api_needs_it_too() -> None:
    imports = [one for one in OPERATIONS if one.upload]
    assert imports
    adding = {one.path for one in imports if not any(".change_" in name for name in one.rights)}
    assert adding <= {"campaigns/import"}

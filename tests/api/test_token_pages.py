"""Tokens are issued and revoked by a command and on a page; each sees their own."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from api.models import Token
from tests.api.asking import Program, make_user
from tests.commandline import manage

pytestmark = pytest.mark.django_db
LIST, ADD = "/api/token/", "/api/token/add/"


def _browser(name: str, *, is_superuser: bool = False) -> Client:
    browser = Client()
    browser.force_login(make_user(name, is_superuser=is_superuser))
    return browser


def test_a_command_issues_lists_and_revokes() -> None:
    make_user("shop")
    made = manage(
        "users",
        "token",
        "shop",
        "--name",
        "web",
        "--scope",
        "send",
        "--expires",
        "90d",
        "--json",
    ).json
    assert Program(made["token"]).get("tokens").status_code == 200
    assert made["scope"] == "send"
    assert made["expires_at"]
    listed = manage("api_tokens", "list", "--json").json
    assert [one["name"] for one in listed["items"]] == ["web"]
    assert made["token"] not in str(listed)
    assert manage("api_tokens", "revoke", "shop", "--name", "web", "--json").status == 0
    assert Program(made["token"]).get("tokens").status_code == 401
    again = manage("api_tokens", "revoke", "shop", "--name", "web", "--json")
    assert (again.status, again.json["error"]) == (1, "token_unknown")
    assert manage("users", "token", "nobody", "--name", "x", "--json").status == 1


def test_a_page_shows_a_new_token_once() -> None:
    browser = _browser("ann")
    assert browser.get(ADD).status_code == 200
    answer = browser.post(ADD, {"name": "web", "scope": "read", "expires": "12h"}, follow=True)
    assert answer.status_code == 200
    found = re.search(r"qqc_[\w-]{59}", answer.content.decode())
    assert found
    assert Program(found[0]).get("tokens").status_code == 200
    token = Token.objects.get()
    assert (token.user.get_username(), token.scope) == ("ann", "read")
    assert found[0] not in browser.get(LIST).content.decode()


def test_a_wrong_end_or_a_used_name_is_said_on_the_form() -> None:
    browser = _browser("ann")
    for body in (
        {"name": "web", "scope": "read", "expires": "soon"},
        {"name": " ", "scope": "read", "expires": ""},
    ):
        assert browser.post(ADD, body).status_code == 200
    assert not Token.objects.exists()


def test_each_sees_and_revokes_their_own() -> None:
    ann, bob, root = _browser("ann"), _browser("bob"), _browser("root", is_superuser=True)
    ann.post(ADD, {"name": "ann-web", "scope": "read", "expires": ""})
    token = Token.objects.get()
    assert "ann-web" not in bob.get(LIST).content.decode()
    assert "ann-web" in root.get(LIST).content.decode()
    revoke = {"action": "revoke", "_selected_action": [token.pk]}
    bob.post(LIST, revoke)
    assert Token.objects.get().revoked_at is None
    ann.post(LIST, revoke)
    assert Token.objects.get().revoked_at is not None

"""The command `users`."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from audit.models import AuditEntry
from tests.commandline import manage

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def test_a_user_is_added_with_a_role_and_a_password_shown_once() -> None:
    added = manage(
        "users", "add", "小王", "--role", "operator", "--email", "w@example.com", "--json"
    )
    assert added.status == 0
    password = added.json["password"]
    assert (added.json["name"], added.json["role"]) == ("小王", "operator")
    user = User.objects.get(username="小王")
    assert user.check_password(password)
    assert user.is_staff
    assert user.has_perm("campaigns.add_campaign")
    assert not user.has_perm("auth.view_user")
    assert password not in manage("users", "list", "--json").out
    assert AuditEntry.objects.filter(object_id=str(user.pk), channel="command").exists()


def test_a_password_may_be_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QQCAMPAIGN_PASSWORD", "correct horse battery 1")
    added = manage("users", "add", "li", "--role", "viewer", "--json")
    assert "password" not in added.json
    assert User.objects.get(username="li").check_password("correct horse battery 1")
    monkeypatch.setenv("QQCAMPAIGN_PASSWORD", "")
    assert manage("users", "add", "lo", "--role", "viewer", "--json").json["error"] == "no_password"


def test_roles_change_and_users_are_disabled() -> None:
    manage("users", "add", "li", "--role", "viewer")
    assert manage("users", "role", "li", "approver", "--json").json["role"] == "approver"
    assert manage("users", "disable", "li", "--json").json["active"] is False
    assert manage("users", "enable", "li", "--json").json["active"] is True
    assert manage("users", "role", "nobody", "viewer", "--json").json["error"] == "no_such_user"
    assert manage("users", "add", "LI", "--role", "viewer").status == 1
    assert manage("users", "add", "x", "--role", "king").status == 2


def test_a_token_of_a_user_is_issued_once() -> None:
    manage("users", "add", "li", "--role", "operator")
    arguments = ("li", "--name", "shop", "--scope", "send", "--expires", "90d")
    issued = manage("users", "token", *arguments, "--json")
    assert issued.status == 0
    assert issued.json["token"]
    assert issued.json["token"] not in manage("api_tokens", "list", "li", "--json").out
    assert manage("users", "token", *arguments, "--json").status == 1  # the name is taken
    assert (
        manage("users", "token", "nobody", "--name", "x", "--json").json["error"] == "no_such_user"
    )

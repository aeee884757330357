"""Administrators help others sign in, and nobody helps themselves to who may do more."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from audit.models import AuditEntry
from signin.models import SignedInSession
from tests.commandline import manage
from users.keep import add_user
from users.roles import Role

pytestmark = pytest.mark.django_db


def a_user(role: Role) -> User:
    return add_user(name=role.key, role=role).user


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    client.get(reverse("admin:jsi18n"))
    return client


def press(client: Client, verb: str, name: str) -> str:
    page = client.post(reverse("others-sign-in"), {"verb": verb, "name": name}, follow=True)
    return str(page.content.decode())


def test_an_administrator_signs_somebody_out_and_the_trail_says_so() -> None:
    operator, administrator = a_user(Role.OPERATOR), signed_in(a_user(Role.ADMINISTRATOR))
    theirs = signed_in(operator)
    assert theirs.get("/").status_code == 200
    assert "operator is signed out everywhere." in press(administrator, "end-sessions", "operator")
    assert theirs.get("/").status_code == 302
    assert not SignedInSession.objects.filter(user=operator).exists()
    entry = AuditEntry.objects.get(sentence="operator is signed out everywhere.")
    assert (entry.who, entry.object_id) == ("administrator", str(operator.pk))
    assert "operator has no second factor." in press(
        administrator, "reset-second-factor", "operator"
    )
    assert "is not locked" in press(administrator, "unlock", "operator")
    assert press(administrator, "no such verb", "operator")


@pytest.mark.parametrize("verb", ["end-sessions", "reset-second-factor"])
def test_nobody_does_it_to_who_may_do_more(verb: str) -> None:
    keeper = a_user(Role.OPERATOR)
    keeper.user_permissions.add(Permission.objects.get(codename="change_user"))
    administrator = a_user(Role.ADMINISTRATOR)
    theirs = signed_in(administrator)
    assert "may do more than you may" in press(signed_in(keeper), verb, "administrator")
    assert theirs.get("/").status_code == 200


def test_the_command_does_the_same() -> None:
    operator = a_user(Role.OPERATOR)
    theirs = signed_in(operator)
    [item] = manage("signin", "list", "--json").json["items"]
    assert (item["name"], item["sessions"]) == ("operator", 1)
    done = manage("signin", "end-sessions", "operator", "--json")
    assert done.json == {"name": "operator", "count": 1}
    assert theirs.get("/").status_code == 302
    refused = manage("signin", "reset-second-factor", "nobody", "--json")
    assert refused.json["error"] == "no_such_user"

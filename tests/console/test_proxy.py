"""Administrators change an egress's proxy, with their password; its login is never shown."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Egress
from audit.models import AuditChange
from users.keep import add_user
from users.roles import Role

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
PASSWORD = "correct horse battery 1"
OLD, NEW = "http://li:hidden-login@proxy.example:3128", "http://wang:another-login@new.example:1"


def signed_in(client: Client, role: Role) -> None:
    client.force_login(add_user(name=role.key, role=role, password=PASSWORD).user)


@pytest.fixture
def egress() -> Egress:
    return Egress.objects.create(name="shanghai", proxy=OLD)


def test_it_is_changed_with_ones_own_password_and_noted(client: Client, egress: Egress) -> None:
    signed_in(client, Role.ADMINISTRATOR)
    address = reverse("admin:accounts_egress_proxy", args=[egress.pk])
    for password in ("", "wrong"):
        client.post(address, {"proxy": NEW, "password": password})
        egress.refresh_from_db()
        assert egress.proxy == OLD
    page = client.post(address, {"proxy": "nonsense", "password": PASSWORD})
    assert "not the address of a proxy" in page.content.decode()
    assert client.post(address, {"proxy": NEW, "password": PASSWORD}).status_code == 302
    egress.refresh_from_db()
    assert egress.proxy == NEW
    [change] = AuditChange.objects.filter(object_type="accounts.egress", kind="changed")
    assert "proxy" in change.after
    assert "login" not in f"{change.before} {change.after}"


def test_its_login_is_on_no_page(client: Client, egress: Egress) -> None:
    signed_in(client, Role.ADMINISTRATOR)
    for address in (
        reverse("admin:accounts_egress_changelist"),
        reverse("admin:accounts_egress_changelist") + "?q=hidden",
        reverse("admin:accounts_egress_change", args=[egress.pk]),
        reverse("admin:accounts_egress_proxy", args=[egress.pk]),
        reverse("admin:accounts_egress_history", args=[egress.pk]),
    ):
        assert "hidden-login" not in client.get(address).content.decode(), address
    page = client.get(reverse("admin:accounts_egress_changelist")).content.decode()
    assert "http://•••@proxy.example:3128" in page
    assert (
        "shanghai"
        not in client.get(
            reverse("admin:accounts_egress_changelist") + "?q=hidden"
        ).content.decode()
    )


def test_the_form_of_an_egress_leaves_it_alone(client: Client, egress: Egress) -> None:
    signed_in(client, Role.ADMINISTRATOR)
    address = reverse("admin:accounts_egress_change", args=[egress.pk])
    values = {"name": "shenzhen", "source_address": "", "proxy": NEW, "is_enabled": "on"}
    assert client.post(address, values).status_code == 302
    egress.refresh_from_db()
    assert (egress.name, egress.proxy) == ("shenzhen", OLD)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR, Role.APPROVER])
def test_nobody_else_changes_it(client: Client, egress: Egress, role: Role) -> None:
    signed_in(client, role)
    address = reverse("admin:accounts_egress_proxy", args=[egress.pk])
    assert client.get(address).status_code == 403
    assert client.post(address, {"proxy": NEW, "password": PASSWORD}).status_code == 403

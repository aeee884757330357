"""The pages of users and roles: nobody gives more than they have, whatever they post."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.urls import reverse

from users.keep import add_user, role_name
from users.roles import Role

# Permissions are checked in Python.
pytestmark = [pytest.mark.django_db, pytest.mark.one_database, pytest.mark.slow]
PASSWORD = "correct horse battery 1"


def signed_in(client: Client, role: Role) -> User:
    user = add_user(name=f"the {role.key}".replace(" ", "-"), role=role, password=PASSWORD).user
    client.force_login(user)
    return user


def form_of(client: Client, user: User, **changed: Any) -> dict[str, Any]:
    """Return the values of a user's form, changed."""
    page = client.get(reverse("admin:auth_user_change", args=[user.pk]))
    form = page.context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    values = {name: value for name, value in values.items() if value not in (None, False)}
    for formset in page.context["inline_admin_formsets"]:
        management = formset.formset.management_form
        values |= {
            management[name].html_name: management[name].value() for name in management.fields
        }
    return {**values, **changed}


def test_an_administrator_adds_a_user_with_a_role(client: Client) -> None:
    signed_in(client, Role.ADMINISTRATOR)
    answer = client.post(
        reverse("admin:auth_user_add"),
        {"username": "小李", "role": "approver", "password1": PASSWORD, "password2": PASSWORD},
    )
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    user = User.objects.get(username="小李")
    assert (role_name(user), user.is_staff, user.is_superuser) == ("approver", True, False)


def test_an_administrator_changes_a_role_and_disables(client: Client) -> None:
    signed_in(client, Role.ADMINISTRATOR)
    user = add_user(name="li", role=Role.OPERATOR, password=PASSWORD).user
    own = Group.objects.create(name="night shift")
    address = reverse("admin:auth_user_change", args=[user.pk])
    values = form_of(client, user, role="viewer", groups=[own.pk])
    del values["is_active"]
    answer = client.post(address, values)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    user.refresh_from_db()
    assert role_name(user) == "viewer"
    assert set(user.groups.values_list("name", flat=True)) == {"viewer", "night shift"}
    assert not user.is_active
    # Saved again, unchanged: the role stays.
    client.post(address, form_of(client, user))
    assert role_name(user) == "viewer"


@pytest.mark.parametrize("gained", ["superuser", "administrator", "approver"])
def test_who_may_change_users_gains_and_gives_nothing(client: Client, gained: str) -> None:
    me = signed_in(client, Role.OPERATOR)
    me.user_permissions.add(*Permission.objects.filter(content_type__model="user"))
    other = add_user(name="li", role=Role.VIEWER, password=PASSWORD).user
    for user in (me, other):
        before = role_name(user)
        values = form_of(client, user, role=gained, is_superuser="on", is_staff="on")
        values["user_permissions"] = list(Permission.objects.values_list("pk", flat=True))
        values["groups"] = [Group.objects.get(name="administrator").pk]
        client.post(reverse("admin:auth_user_change", args=[user.pk]), values)
        user = User.objects.get(pk=user.pk)
        assert (role_name(user), user.is_superuser) == (before, False)
        assert not user.has_perm("campaigns.approve_campaign")
    new = {"username": "x", "role": gained, "password1": PASSWORD, "password2": PASSWORD}
    assert client.post(reverse("admin:auth_user_add"), new).status_code == 200
    assert not User.objects.filter(username="x").exists()


@pytest.mark.parametrize("by", [Role.OPERATOR, Role.ADMINISTRATOR])
def test_a_user_who_may_do_more_is_out_of_reach(client: Client, by: Role) -> None:
    me = signed_in(client, by)
    me.user_permissions.add(*Permission.objects.filter(content_type__model="user"))
    superuser = User.objects.create_superuser("root", password=PASSWORD)
    change = reverse("admin:auth_user_change", args=[superuser.pk])
    password = reverse("admin:auth_user_password_change", args=[superuser.pk])
    assert client.post(change, {"username": "mine"}).status_code == 403
    new = {"password1": "another horse 22 battery", "password2": "another horse 22 battery"}
    assert client.get(password).status_code == 403
    assert client.post(password, new).status_code == 403
    delete = reverse("admin:auth_user_delete", args=[superuser.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [superuser.pk], "post": "yes"}
    client.post(reverse("admin:auth_user_changelist"), chosen)
    superuser.refresh_from_db()
    assert superuser.check_password(PASSWORD)
    assert superuser.username == "root"


def test_nobody_shuts_themselves_out(client: Client) -> None:
    me = signed_in(client, Role.ADMINISTRATOR)
    values = form_of(client, me)
    del values["is_active"]
    page = client.post(reverse("admin:auth_user_change", args=[me.pk]), values)
    assert "You cannot disable yourself" in page.content.decode()
    values = form_of(client, me, role="viewer")
    page = client.post(reverse("admin:auth_user_change", args=[me.pk]), values)
    assert "You cannot change your own role" in page.content.decode()


def test_the_four_roles_cannot_be_changed_and_groups_give_only_what_one_has(
    client: Client,
) -> None:
    signed_in(client, Role.ADMINISTRATOR)
    role = Group.objects.get(name="viewer")
    address = reverse("admin:auth_group_change", args=[role.pk])
    assert client.post(address, {"name": "x", "permissions": []}).status_code == 403
    assert client.get(address).status_code == 200
    beyond = Permission.objects.get(codename="add_logentry")
    within = Permission.objects.get(codename="view_campaign")
    add = reverse("admin:auth_group_add")
    client.post(add, {"name": "mine", "permissions": [beyond.pk]})
    assert not Group.objects.filter(name="mine").exists()
    client.post(add, {"name": "mine", "permissions": [within.pk]})
    assert Group.objects.get(name="mine").permissions.get() == within


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR, Role.APPROVER])
def test_only_administrators_see_users(client: Client, role: Role) -> None:
    signed_in(client, role)
    assert client.get(reverse("admin:auth_user_changelist")).status_code == 403
    assert client.get(reverse("admin:auth_group_changelist")).status_code == 403
    assert "/auth/user/" not in client.get("/").content.decode()

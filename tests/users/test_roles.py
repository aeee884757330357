"""The four roles: which permissions they have, and who may give them."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command

from foundation.refusals import Refusal
from users.keep import add_user, find_user, role_name, set_active, set_role
from users.rights import may_change, may_give
from users.role_groups import keep_role_groups
from users.roles import ADMINISTRATION, ENGINE, EXTRA, HIDDEN, WITHOUT_PAGES, Role, role_of

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def _roles() -> None:
    keep_role_groups()


def a_user(role: Role) -> User:
    user = add_user(name=role.key, role=role, password="correct horse battery 1").user
    return User.objects.get(pk=user.pk)


def test_every_permission_belongs_to_a_role_or_is_nobodys_on_purpose() -> None:
    for permission in Permission.objects.select_related("content_type"):
        app, name = permission.content_type.app_label, permission.codename
        model = f"{app}.{permission.content_type.model}"
        if role_of(app, name) is None:
            is_kept = permission.content_type.model.startswith("historical") or model in ENGINE
            assert app in WITHOUT_PAGES or model == "auth.permission" or is_kept, (app, name)


def test_the_lists_of_models_name_models_that_exist() -> None:
    types = {
        f"{p.content_type.app_label}.{p.content_type.model}"
        for p in Permission.objects.select_related("content_type")
    }
    assert types >= HIDDEN | ADMINISTRATION | ENGINE
    names = {f"{p.content_type.app_label}.{p.codename}" for p in Permission.objects.all()}
    assert names >= set(EXTRA)


def test_each_role_may_do_what_the_one_before_it_may_and_more() -> None:
    sizes = []
    before: set[int] = set()
    for role in Role:
        now = set(Group.objects.get(name=role.key).permissions.values_list("pk", flat=True))
        assert now > before, role
        before = now
        sizes.append(len(now))
    assert len(sizes) == 4


@pytest.mark.parametrize(
    ("permission", "first"),
    [
        ("campaigns.view_campaign", Role.VIEWER),
        ("contacts.view_contact", Role.VIEWER),
        ("campaigns.change_campaign", Role.OPERATOR),
        ("accounts.change_account", Role.OPERATOR),
        ("campaigns.approve_campaign", Role.APPROVER),
        ("campaigns.override_quiet_hours", Role.APPROVER),
        ("accounts.change_egress", Role.ADMINISTRATOR),
        ("auth.view_user", Role.ADMINISTRATOR),
        ("sending.change_resultpolicy", Role.ADMINISTRATOR),
    ],
)
def test_a_permission_begins_with_a_role(permission: str, first: Role) -> None:
    for role in Role:
        assert a_user(role).has_perm(permission) == (role >= first), role


def test_migrating_again_gives_back_what_was_taken_from_a_role() -> None:
    group = Group.objects.get(name="viewer")
    count = group.permissions.count()
    group.permissions.clear()
    call_command("migrate", verbosity=0)
    assert group.permissions.count() == count


def test_nobody_gives_more_than_they_have() -> None:
    administrator, operator = a_user(Role.ADMINISTRATOR), a_user(Role.OPERATOR)
    assert [may_give(administrator, role) for role in Role] == [True] * 4
    assert [may_give(operator, role) for role in Role] == [False] * 4
    # A user of an own making who may change users, and no more than an operator otherwise.
    operator.user_permissions.add(Permission.objects.get(codename="change_user"))
    keeper = User.objects.get(pk=operator.pk)
    assert [may_give(keeper, role) for role in Role] == [True, True, False, False]
    assert not may_change(keeper, administrator)
    with pytest.raises(Refusal, match="may do more than you may"):
        set_role(administrator, Role.VIEWER, by=keeper)
    with pytest.raises(Refusal, match="may do more than you may"):
        add_user(name="x", role=Role.ADMINISTRATOR, by=keeper)
    superuser = User.objects.create_superuser("root", password="x")
    assert not may_change(administrator, superuser)
    with pytest.raises(Refusal):
        set_active(superuser, False, by=administrator)


def test_a_role_takes_the_place_of_the_one_before() -> None:
    user = a_user(Role.OPERATOR)
    user.groups.add(Group.objects.create(name="night shift"))
    user.user_permissions.add(Permission.objects.get(codename="change_user"))
    set_role(user, Role.VIEWER)
    assert set(user.groups.values_list("name", flat=True)) == {"viewer", "night shift"}
    assert role_name(user) == "viewer"
    assert not User.objects.get(pk=user.pk).has_perm("auth.change_user")


@pytest.mark.parametrize(
    ("name", "password", "sentence"),
    [
        ("Viewer", "correct horse battery 1", "already"),
        ("a b", "correct horse battery 1", "valid username"),
        ("", "correct horse battery 1", "blank"),
        ("new", "123", "too short"),
    ],
)
def test_a_user_who_cannot_be_added_is_refused(name: str, password: str, sentence: str) -> None:
    a_user(Role.VIEWER)
    count = User.objects.count()
    with pytest.raises(Refusal, match=sentence):
        add_user(name=name, role=Role.VIEWER, password=password)
    assert User.objects.count() == count


def test_a_generated_password_signs_in(client: object) -> None:
    added = add_user(name="li", role=Role.VIEWER)
    assert added.password
    assert find_user(name="LI").check_password(added.password)

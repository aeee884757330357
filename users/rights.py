"""Who may give a role, and change another user.

A user who may change users must not gain or give more than they have. So a role is given only by
users who have all its permissions, and a user is changed only by users who have all of theirs.
"""

from __future__ import annotations

from django.contrib.auth.models import Group, Permission, User

from users.roles import Role, role_of


def has_role(user: User, role: Role) -> bool:
    """Return whether a user may do all that a role may."""
    return user.is_superuser or user.has_perms(_permissions_of(role))


def may_give(user: User, role: Role) -> bool:
    """Return whether a user may give a role to others."""
    return user.is_active and user.has_perm("auth.change_user") and has_role(user, role)


def may_change(user: User, other: User) -> bool:
    """Return whether a user may change another one: their name, role, password, access."""
    if not (user.is_active and user.has_perm("auth.change_user")):
        return False
    if user.is_superuser:
        return True
    return not other.is_superuser and user.has_perms(_effective_permissions(other))


def _permissions_of(role: Role) -> list[str]:
    names = Permission.objects.values_list("content_type__app_label", "codename")
    return [
        f"{app}.{codename}"
        for app, codename in names
        if (first := role_of(app, codename)) is not None and first <= role
    ]


def _effective_permissions(user: User) -> set[str]:
    """Return what a user may do, also while they may not sign in."""
    rows = Permission.objects.filter(user=user) | Permission.objects.filter(group__user=user)
    found = rows.distinct().values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in found}


def may_give_group(user: User, group: Group) -> bool:
    """Return whether a user has all permissions of a group, and so may give it to others."""
    if user.is_superuser:
        return True
    rows = group.permissions.values_list("content_type__app_label", "codename")
    return user.has_perms([f"{app}.{codename}" for app, codename in rows])


def given_permissions(user: User) -> list[int]:
    """Return the keys of the permissions that a user has."""
    rows = Permission.objects.select_related("content_type")
    if user.is_superuser:
        return [one.pk for one in rows]
    mine = user.get_all_permissions()
    return [one.pk for one in rows if f"{one.content_type.app_label}.{one.codename}" in mine]

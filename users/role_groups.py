"""The roles as groups of Django, which its permission checks and pages know."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig, apps
from django.contrib.auth.models import Group, Permission
from django.db import transaction

from users.roles import BY_KEY, Role, role_of


def keep_role_groups() -> None:
    """Give each role's group exactly the permissions of `users.roles`; create missing groups."""
    wanted: dict[Role, list[Permission]] = {role: [] for role in Role}
    for permission in Permission.objects.select_related("content_type"):
        first = role_of(permission.content_type.app_label, permission.codename)
        for role in Role:
            if first is not None and role >= first:
                wanted[role].append(permission)
    with transaction.atomic():
        for role, permissions in wanted.items():
            group, _is_new = Group.objects.get_or_create(name=role.key)
            group.permissions.set(permissions)


def after_migrate(sender: AppConfig, **_about: Any) -> None:
    """Receive `post_migrate`: after the last app, all permissions exist."""
    with_models = [app for app in apps.get_app_configs() if app.models_module is not None]
    if sender == with_models[-1]:
        keep_role_groups()


def group_of(role: Role) -> Group:
    """Return the group of a role, made if it is missing."""
    group = Group.objects.filter(name=role.key).first()
    if group is None:
        keep_role_groups()
        group = Group.objects.get(name=role.key)
    return group


def is_role(group: Group) -> bool:
    """Return whether a group is one of the four roles, whose permissions are kept by the code."""
    return group.name in BY_KEY

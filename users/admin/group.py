"""The list of roles and groups, and the form of one."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as BaseGroupAdmin
from django.contrib.auth.models import Group, Permission
from django.db.models import Count, Prefetch, QuerySet, prefetch_related_objects
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from foundation.admin import GuardedAdmin
from users.rights import given_permissions, may_give_group
from users.role_groups import is_role
from users.roles import BY_KEY

admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(BaseGroupAdmin, GuardedAdmin):  # type: ignore[misc]
    """The four roles, which cannot be changed here, and groups of the operators' own."""

    list_display = ["shown_name", "does", "people"]
    empty_sentence = _(
        "A group is a set of permissions for several users, besides the four roles. Most "
        "installations need none."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        """Return the groups with the number of their users."""
        found: QuerySet[Group] = super().get_queryset(request)
        return found.annotate(user_count=Count("user"))

    def get_object(self, request: HttpRequest, *args: Any) -> Group | None:
        """Return a group with its permissions, which name their tables."""
        found: Group | None = super().get_object(request, *args)
        if found is not None:
            named = Permission.objects.select_related("content_type")
            prefetch_related_objects([found], Prefetch("permissions", named))
        return found

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Refuse for roles, and for groups that may do more than the operator."""
        is_allowed = super().has_change_permission(request, obj)
        return bool(is_allowed and (obj is None or _may_keep(request, obj)))

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Refuse for roles, and for groups that may do more than the operator."""
        is_allowed = super().has_delete_permission(request, obj)
        return bool(is_allowed and (obj is None or _may_keep(request, obj)))

    def formfield_for_manytomany(
        self, db_field: Any, request: HttpRequest | None = None, **kwargs: Any
    ) -> Any:
        """Offer only permissions that the operator has."""
        if db_field.name == "permissions" and request is not None:
            kwargs["queryset"] = Permission.objects.filter(
                pk__in=given_permissions(request.user)  # type: ignore[arg-type]
            ).select_related("content_type")
        field: Any = super().formfield_for_manytomany(db_field, request, **kwargs)
        if db_field.name == "permissions" and field is not None:
            field.label_from_instance = permission_words
        return field

    @display(description=_("name"), ordering="name")
    def shown_name(self, group: Group) -> str:
        """Return the role's name in the reader's language, or the group's own."""
        return BY_KEY[group.name].label if is_role(group) else group.name

    @display(description=_("may do"))
    def does(self, group: Group) -> str | None:
        """Return what a role may do."""
        return BY_KEY[group.name].sentence if is_role(group) else None

    @display(description=_("users"), ordering="user_count")
    def people(self, group: Any) -> int:
        """Return the number of users."""
        return int(group.user_count)


def permission_words(permission: Permission) -> str:
    """Return a permission in the reader's language: Django stores its name in English."""
    kind, _underscore, _model = permission.codename.partition("_")
    known = {
        "add": gettext("add"),
        "change": gettext("change"),
        "delete": gettext("delete"),
        "view": gettext("view"),
    }
    is_usual = permission.codename == f"{kind}_{permission.content_type.model}"
    act = known.get(kind) if is_usual else None
    return f"{permission.content_type} | {act or gettext(permission.name)}"


def _may_keep(request: HttpRequest, group: Group) -> bool:
    return not is_role(group) and may_give_group(request.user, group)  # type: ignore[arg-type]

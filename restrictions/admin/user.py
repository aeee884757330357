"""The restriction on a user's page."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest
from unfold.admin import StackedInline

from foundation.admin.key_fields import KeyFieldsMixin
from restrictions.models import Restriction
from users.admin.user import UserAdmin


class RestrictionInline(KeyFieldsMixin, StackedInline):
    """The labels and pools of a user. Without any, the user sees the whole installation."""

    model = Restriction
    fields = ["labels", "pools"]
    autocomplete_fields = ["labels", "pools"]
    extra = 0
    max_num = 1

    def has_add_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Refuse for superusers, who are never restricted."""
        is_allowed = obj is not None and not obj.is_superuser
        return bool(is_allowed and super().has_add_permission(request, obj))


def _inlines(self: UserAdmin, request: HttpRequest, obj: Any) -> list[Any]:
    """Return the inlines of a user who exists."""
    return [RestrictionInline] if obj is not None else []


UserAdmin.get_inlines = _inlines  # type: ignore[method-assign,assignment]

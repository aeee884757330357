"""Permissions: rows that are read-only or protected from deletion, and checks of requests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest


def require(is_allowed: bool) -> None:
    """Raise unless the request is allowed.

    Raises:
        PermissionDenied: `is_allowed` is false.
    """
    if not is_allowed:
        raise PermissionDenied


class ReadOnlyMixin:
    """Rows that only the engine writes: they can be viewed, not edited."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse."""
        return False


class ProtectedMixin:
    """Rows that may be deleted only while no other row refers to them."""

    #: The reverse relations whose rows protect a row from deletion.
    protected_by: Sequence[str] = ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse to delete a protected row, and any bulk deletion, which cannot check each row."""
        if obj is None:
            is_bulk = request.POST.get("action") == "delete_selected"
            return not is_bulk and super().has_delete_permission(request)  # type: ignore[misc]
        if any(getattr(obj, relation).exists() for relation in self.protected_by):
            return False
        allowed: bool = super().has_delete_permission(request, obj)  # type: ignore[misc]
        return allowed

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return the actions without the bulk deletion."""
        actions: dict[str, Any] = super().get_actions(request)  # type: ignore[misc]
        actions.pop("delete_selected", None)
        return actions

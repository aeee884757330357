"""Permissions: rows that are read-only, and checks of requests."""

from __future__ import annotations

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

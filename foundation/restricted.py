"""Whether a user sees only a part of the installation, and which rows that is.

Who is restricted to what is the matter of the app `restrictions`, which registers itself here: the
packages below it ask without knowing its tables.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from django.db.models import QuerySet

Rows = TypeVar("Rows", bound=QuerySet[Any])


class Restrictions(Protocol):
    """What the app answers."""

    def is_restricted(self, user: Any) -> bool:
        """Return whether a user is restricted."""

    def permissions(self) -> frozenset[str]:
        """Return the permissions that a restricted user may have at all."""

    def rows(self, rows: Any, user: Any) -> Any:
        """Return those of the rows that a restricted user may see."""


_registered: list[Restrictions] = []


def register_restrictions(found: Restrictions) -> None:
    """Register who is restricted; called once, when the apps are loaded."""
    _registered[:] = [found]


def is_restricted(user: Any) -> bool:
    """Return whether a user sees only a part of the installation."""
    return bool(_registered) and _registered[0].is_restricted(user)


def open_permissions() -> frozenset[str]:
    """Return the permissions that a restricted user may have at all."""
    return _registered[0].permissions()


def visible(rows: Rows, user: Any) -> Rows:
    """Return those of the rows that a user may see: all of them, unless they are restricted."""
    return _registered[0].rows(rows, user) if is_restricted(user) else rows

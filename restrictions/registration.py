"""Registers the restrictions in the packages below."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Model

from foundation.restricted import register_restrictions, seeing_as
from restrictions.beyond import refuse_rows
from restrictions.commands import LIFT, RESTRICT
from restrictions.keeping import register_keeping
from restrictions.managers import scope_managers
from restrictions.of_user import restriction_of
from restrictions.open import OWN, PAGES, PERMISSIONS
from restrictions.scopes import SCOPES
from users.commands.further_actions import register_action


class Restricted:
    """Who is restricted, and to what."""

    def is_restricted(self, user: Any) -> bool:
        """Return whether a user is restricted; a superuser never is."""
        return restriction_of(user) is not None

    def permissions(self) -> frozenset[str]:
        """Return the permissions that a restricted user may have at all."""
        return PERMISSIONS

    def rows(self, rows: Any, user: Any) -> Any:
        """Return those of the rows that a restricted user may see."""
        restriction, scope = restriction_of(user), SCOPES.get(rows.model)
        if restriction is None:
            return rows
        return rows.filter(scope(restriction)) if scope is not None else rows.none()

    def opens(self, page: str) -> bool:
        """Return whether a page is open to restricted users, by the name of its address."""
        return page in PAGES or page in OWN

    def refuse_beyond(self, written: Iterable[tuple[type[Model], Any]], user: Any) -> None:
        """Refuse rows that a restricted user wrote and that do not belong to their part."""
        restriction = restriction_of(user)
        if restriction is not None:
            with seeing_as(None):
                refuse_rows(written, restriction)


def register() -> None:
    """Register them, and `users restrict` and `users lift`."""
    register_restrictions(Restricted())
    scope_managers()
    register_keeping()
    register_action(RESTRICT)
    register_action(LIFT)

"""The queryset of friends."""

from __future__ import annotations

from typing import Any, Self

from django.db import models


class FriendQuerySet(models.QuerySet[Any]):
    """Friendships, including ended ones."""

    def current(self) -> Self:
        """Friendships that were in the account's list at its last sync."""
        return self.filter(ended_at=None)

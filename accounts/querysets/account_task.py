"""The queryset of account tasks."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Q


class AccountTaskQuerySet(models.QuerySet[Any]):
    """Account tasks; lanes perform them."""

    def open(self) -> Self:
        """Tasks that are neither done nor failed."""
        return self.filter(state="open")

    def due(self, *, at: datetime) -> Self:
        """Open tasks that may be performed at a moment of the shared time."""
        return self.open().filter(Q(not_before=None) | Q(not_before__lte=at))

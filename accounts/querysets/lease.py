"""The queryset of leases."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Q


class LeaseQuerySet(models.QuerySet[Any]):
    """Leases, one for each account; no form saves them."""

    def free(self) -> Self:
        """Leases that no living worker holds."""
        return self.filter(Q(worker=None) | Q(worker__ended_at__isnull=False))

    def held(self) -> Self:
        """Leases that a living worker holds."""
        return self.filter(worker__isnull=False, worker__ended_at=None)

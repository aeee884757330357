"""Reading the kept figures of runs."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Sum


class TallyQuerySet(models.QuerySet[Any]):
    """Figures by run, kept as the work is done (rule 6)."""

    def summed(self) -> list[tuple[str, str, int]]:
        """Return (kind, key, n) summed over the shards: a few dozen rows, never a scan."""
        return list(
            self.values_list("kind", "key")
            .annotate(total=Sum("n"))
            .order_by("kind", "key")
            .values_list("kind", "key", "total")
        )

"""The queryset of opt-outs."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Exists, OuterRef

from contacts.models import Suppression


class OptOutQuerySet(models.QuerySet[Any]):
    """Opt-outs and opt-ins, those that were undone included."""

    def with_suppressed(self) -> Self:
        """Return them with `is_suppressed`: whether no campaign writes to the person now."""
        in_force = Suppression.objects.in_force().filter(contact_list=None, uin=OuterRef("uin"))
        return self.annotate(is_suppressed=Exists(in_force))

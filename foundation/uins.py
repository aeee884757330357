"""The numbers that a UIN may be: range, validators and constraint, for accounts and contacts."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

#: The range of numbers a UIN may have.
UIN_MIN, UIN_MAX = 10_000, 4_294_967_295
UIN_VALIDATORS = [MinValueValidator(UIN_MIN), MaxValueValidator(UIN_MAX)]


def uin_constraint(name: str) -> models.CheckConstraint:
    """Return the constraint of this name that keeps a column `uin` in the range."""
    return models.CheckConstraint(
        name=name,
        condition=models.Q(uin__gte=UIN_MIN, uin__lte=UIN_MAX),
        violation_error_message=_("A UIN is a number from 10000 to 4294967295."),
    )

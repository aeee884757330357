"""The range of UINs, the numbers of people and accounts."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator

UIN_MIN, UIN_MAX = 10_000, 4_294_967_295
UIN_VALIDATORS = [MinValueValidator(UIN_MIN), MaxValueValidator(UIN_MAX)]

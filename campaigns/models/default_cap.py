"""The table of the frequency cap for all campaigns: one row at most."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords


class DefaultCap(models.Model):
    """The frequency cap of campaigns without one of their own. Without a row, FREQUENCY_CAP."""

    most = models.PositiveSmallIntegerField(
        _("messages to a person, at most"),
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
    )
    days = models.FloatField(
        _("in days"), validators=[MinValueValidator(0.001), MaxValueValidator(3660)]
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("frequency cap for all campaigns")
        verbose_name_plural = _("frequency cap for all campaigns")
        constraints = [
            models.CheckConstraint(name="default_cap_single", condition=models.Q(pk=1)),
        ]

    def __str__(self) -> str:
        return f"{self.most}/{self.days:g}d"

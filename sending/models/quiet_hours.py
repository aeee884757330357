"""The table of quiet hours."""

from __future__ import annotations

from datetime import time

from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords


class QuietHours(models.Model):
    """Hours of every day in which no run sends, unless its campaign may override them.

    A run in a time zone that has rows obeys these; a run in any other zone obeys all rows.
    """

    timezone = models.CharField(_("time zone"), max_length=64, default="Asia/Shanghai")
    start = models.TimeField(_("quiet from"), default=time(22))
    end = models.TimeField(_("quiet until"), default=time(8))

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("quiet hours")
        verbose_name_plural = _("quiet hours")
        ordering = ["timezone", "start"]
        constraints = [
            models.CheckConstraint(
                name="quiet_hours_not_empty",
                condition=~models.Q(start=models.F("end")),
                violation_error_message=_(
                    "The quiet hours are empty: they start and end at the same time."
                ),
            ),
            models.UniqueConstraint(fields=["timezone", "start", "end"], name="quiet_hours_once"),
        ]

    def __str__(self) -> str:
        return f"{self.start:%H:%M}–{self.end:%H:%M} ({self.timezone})"

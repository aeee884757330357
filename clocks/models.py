"""The shared clock's row, and what each host's wall clock is off by."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class SharedClock(models.Model):
    """One row: what is added to the database's clock to get the shared time.

    `clocks.shared` writes it; everything else asks that module.
    """

    #: The key of the only row.
    THE_ONE: ClassVar[int] = 1

    #: Seconds added to the database's clock; changed when that clock was seen to step.
    correction = models.FloatField(default=0.0)
    #: Raised with each change of the correction.
    generation = models.BigIntegerField(default=0)
    #: What the database's clock said when an observer last found it in step.
    observed_at = models.DateTimeField()
    #: Where that observer runs (`clocks.local.boot_identity`), and its own clock at that moment.
    observer = models.CharField(max_length=100, default="")
    observer_elapsed = models.FloatField(default=0.0)

    def __str__(self) -> str:
        return f"{self.correction:+.3f} s"


class HostClock(models.Model):
    """How far a host's wall clock is ahead of the database's: shown to operators, no more."""

    hostname = models.CharField(_("host"), max_length=255, unique=True)
    ahead_seconds = models.FloatField(_("ahead by (s)"))
    seen_at = models.DateTimeField(_("seen at"))

    class Meta:
        verbose_name = _("host clock")
        verbose_name_plural = _("host clocks")

    def __str__(self) -> str:
        return f"{self.hostname}: {self.ahead_seconds:+.1f} s"

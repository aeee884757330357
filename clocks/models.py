"""The shared clock's row, and how far each host's wall clock is off."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class SharedClock(models.Model):
    """The single row with the correction that turns the database's clock into the shared time.

    Only `clocks.shared` and `clocks.samples` use it; everything else asks `clocks.shared`.
    """

    #: The primary key of the only row.
    THE_ONE: ClassVar[int] = 1

    #: Seconds added to the database's clock; changed after a step of that clock.
    correction = models.FloatField(default=0.0)
    #: Incremented with each change of the correction.
    generation = models.BigIntegerField(default=0)
    #: The database's clock when an observer last confirmed the row.
    observed_at = models.DateTimeField()
    #: Where that observer runs (`clocks.local.boot_identity`), and its `elapsed` at that moment.
    observer = models.CharField(max_length=100, default="")
    observer_elapsed = models.FloatField(default=0.0)

    def __str__(self) -> str:
        return f"{self.correction:+.3f} s"


class HostClock(models.Model):
    """How far a host's wall clock is ahead of the database's; only shown to operators.

    Two machines may have the same name, and each has a clock of its own. So a row belongs to one
    boot of one machine; after a reboot the machine has a new row, and the old one is out of date.
    """

    hostname = models.CharField(_("host"), max_length=255)
    #: The boot of the machine (`clocks.local.boot_identity`); empty if it cannot be read.
    boot = models.CharField(max_length=100, default="")
    ahead_seconds = models.FloatField(_("ahead by (s)"))
    seen_at = models.DateTimeField(_("seen at"))
    #: Since when it is off by more than is worth telling; NULL while it is right.
    wrong_since = models.DateTimeField(_("wrong since"), null=True)

    class Meta:
        verbose_name = _("host clock")
        verbose_name_plural = _("host clocks")
        constraints = [
            models.UniqueConstraint(fields=["hostname", "boot"], name="hostclock_unique_boot")
        ]

    def __str__(self) -> str:
        return f"{self.hostname}: {self.ahead_seconds:+.1f} s"

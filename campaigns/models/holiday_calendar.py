"""The tables of holiday calendars."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from foundation.named_model import NamedModel


class HolidayCalendar(NamedModel):
    """A named set of dates on which campaigns that use it send nothing, or work as on a weekday."""

    source = models.CharField(
        _("source"),
        max_length=255,
        blank=True,
        help_text=_("Where the dates come from: a file, an announcement, a web page."),
    )
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    history = HistoricalRecords(excluded_fields=["name_key"])

    class Meta:
        verbose_name = _("holiday calendar")
        verbose_name_plural = _("holiday calendars")
        ordering = ["name"]


class HolidayKind(models.TextChoices):
    """The kind of a calendar's date; the values are those of `sending.runs.windows`."""

    HOLIDAY = "holiday", _("holiday: nothing is sent")
    WORKDAY = "workday", _("moved working day: sent as on a weekday")


class Holiday(models.Model):
    """One date of a calendar."""

    calendar = models.ForeignKey(
        HolidayCalendar,
        on_delete=models.CASCADE,
        related_name="dates",
        verbose_name=_("holiday calendar"),
    )
    date = models.DateField(_("date"))
    kind = models.CharField(
        _("kind"), max_length=8, choices=HolidayKind.choices, default=HolidayKind.HOLIDAY
    )
    name = models.CharField(_("name"), max_length=128, blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("holiday")
        verbose_name_plural = _("holidays")
        ordering = ["date"]
        constraints = [
            models.UniqueConstraint(fields=["calendar", "date"], name="holiday_date_once"),
            models.CheckConstraint(
                name="holiday_kind_known", condition=models.Q(kind__in=HolidayKind.values)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date:%Y-%m-%d} {self.name}".strip()

"""The number of people of a list or segment on one day."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contacts.models.contact_list import ContactList
from contacts.models.segment import Segment


class DailySize(models.Model):
    """How many people a list had, or a segment selected, early on one day."""

    contact_list = models.ForeignKey(
        ContactList,
        on_delete=models.CASCADE,
        null=True,
        related_name="daily_sizes",
        db_index=False,  # the unique constraint below serves it
        verbose_name=_("list"),
    )
    segment = models.ForeignKey(
        Segment,
        on_delete=models.CASCADE,
        null=True,
        related_name="daily_sizes",
        db_index=False,
        verbose_name=_("segment"),
    )
    #: The day in the console's time zone.
    day = models.DateField(_("day"))
    #: None: a segment that could not be counted on that day.
    people = models.PositiveBigIntegerField(_("people"), null=True)

    class Meta:
        verbose_name = _("size on a day")
        verbose_name_plural = _("sizes on days")
        constraints = [
            models.UniqueConstraint(
                fields=["contact_list", "day"],
                condition=Q(contact_list__isnull=False),
                name="dailysize_unique_list",
            ),
            models.UniqueConstraint(
                fields=["segment", "day"],
                condition=Q(segment__isnull=False),
                name="dailysize_unique_segment",
            ),
            models.CheckConstraint(
                name="dailysize_of_one",
                condition=Q(contact_list__isnull=True, segment__isnull=False)
                | Q(contact_list__isnull=False, segment__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.people}"

"""The table of occurrences of repeated campaigns."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaign import Campaign
from campaigns.models.campaign_run import CampaignRun
from campaigns.states import OccurrenceState
from foundation.sentence_field import SentenceField


class Occurrence(models.Model):
    """One date of a repeated campaign's schedule, and its result.

    A future date has no row, because the rule computes it, unless an operator cancelled it. The
    unique constraint lets a date start one run at most, even if several processes try.
    """

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="occurrences", verbose_name=_("campaign")
    )
    at = models.DateTimeField(_("planned for"))
    state = models.CharField(_("state"), max_length=10, choices=OccurrenceState.choices)
    #: The earliest start of a date that was moved to a later sending window.
    not_before = models.DateTimeField(_("not before"), null=True, blank=True)
    run = models.ForeignKey(
        CampaignRun,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="occurrences",
        verbose_name=_("run"),
    )
    detail = SentenceField(_("in words"), max_length=500, blank=True)
    changed_at = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("occurrence")
        verbose_name_plural = _("occurrences")
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "at"], name="occurrence_once"),
            models.CheckConstraint(
                name="occurrence_state_known",
                condition=models.Q(state__in=OccurrenceState.values),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign} {self.at:%Y-%m-%d %H:%M}"

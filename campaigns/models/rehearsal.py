"""The table of rehearsals: what a start would do, with every text rendered, kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaign import Campaign
from campaigns.states import OPEN_REHEARSAL_STATES, REHEARSAL_STATES, RehearsalState
from clocks import shared
from foundation.sentence_field import SentenceField
from foundation.states import StatefulQuerySet

#: Seconds without a heartbeat after which a rehearsal's worker is presumed dead. Each chunk, some
#: seconds at most, is a heartbeat.
PRESUMED_DEAD_SECONDS = 30.0


class RehearsalQuerySet(StatefulQuerySet[Any]):
    """Rehearsals; only `transition` changes their state."""

    state_table = REHEARSAL_STATES

    def unfinished(self) -> Self:
        """Rehearsals that are queued or running."""
        return self.filter(state__in=OPEN_REHEARSAL_STATES)

    def abandoned(self) -> Self:
        """Unfinished rehearsals without a worker: it has not begun, or is presumed dead."""
        limit = shared.wall() - timedelta(seconds=PRESUMED_DEAD_SECONDS)
        return self.unfinished().filter(
            Q(state=RehearsalState.QUEUED) | Q(heartbeat_at=None) | Q(heartbeat_at__lt=limit)
        )


class Rehearsal(models.Model):
    """One rehearsal of a campaign: its progress while it runs, its result afterwards."""

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="rehearsals", verbose_name=_("campaign")
    )
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=RehearsalState.choices,
        default=RehearsalState.QUEUED,
    )
    problem = SentenceField(_("in words"), max_length=500, blank=True)
    #: Raised by each worker that takes it, so that one presumed dead writes nothing any more.
    token = models.PositiveIntegerField(default=0)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    #: How many people there were at the beginning, how many are done, and up to which contact id.
    people = models.PositiveBigIntegerField(_("people"), default=0)
    seen = models.PositiveBigIntegerField(_("people done"), default=0)
    cursor = models.BigIntegerField(default=0)
    #: The figures of the people done, to go on from (`campaigns.rehearsals.figures`).
    progress = models.JSONField(default=dict, blank=True)
    text_hash = models.CharField(max_length=64, blank=True)
    rules_hash = models.CharField(max_length=64, blank=True)
    audience_hash = models.CharField(max_length=64, blank=True)
    #: Of all three together; empty until it is done.
    hash = models.CharField(max_length=64, blank=True)
    result = models.JSONField(default=dict, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    objects = models.Manager.from_queryset(RehearsalQuerySet)()

    class Meta:
        verbose_name = _("rehearsal")
        verbose_name_plural = _("rehearsals")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign"],
                condition=Q(state__in=OPEN_REHEARSAL_STATES),
                name="rehearsal_one_open_of_campaign",
            ),
            models.CheckConstraint(
                name="rehearsal_state_known", condition=Q(state__in=RehearsalState.values)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign} ({self.pk})"

    @property
    def percent(self) -> float:
        """How much of it is done."""
        return min(100.0, 100 * self.seen / self.people) if self.people else 0.0

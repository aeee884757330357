"""The outbox: one row for each event and each address or webhook that is told of it."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaign import Campaign
from campaigns.models.campaign_run import CampaignRun
from campaigns.models.sequence import Sequence
from campaigns.notification_states import (
    NOTIFICATION_STATES,
    OPEN_NOTIFICATION_STATES,
    NotificationEvent,
    NotificationState,
    TargetKind,
)
from foundation.sentence_field import SentenceField
from foundation.states import StatefulQuerySet

#: The longest target: an e-mail address or a URL.
LONGEST_TARGET = 500


class NotificationQuerySet(StatefulQuerySet[Any]):
    """Notifications; only `transition` changes their state."""

    state_table = NOTIFICATION_STATES


class Notification(models.Model):
    """One event, and one target that is told of it. See docs/decisions/0033-notifications.md."""

    #: Sent along, so that a receiver recognises a notification that arrives twice.
    key = models.UUIDField(_("id"), default=uuid.uuid4, unique=True, editable=False)
    event = models.CharField(_("event"), max_length=10, choices=NotificationEvent.choices)
    #: What tells of the event, as "kind:id". An event is told to a target once for each.
    subject = models.CharField(max_length=64)
    #: What it is about: a campaign, or a sequence that has no campaigns yet.
    campaign = models.ForeignKey(
        Campaign,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="notifications",
        verbose_name=_("campaign"),
    )
    sequence = models.ForeignKey(
        Sequence,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="notifications",
        verbose_name=_("sequence"),
    )
    run = models.ForeignKey(
        CampaignRun,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="notifications",
        verbose_name=_("run"),
    )
    #: The operator whose own settings asked for it; NULL: the campaign's settings did.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("operator"),
    )
    target_kind = models.CharField(_("by"), max_length=8, choices=TargetKind.choices)
    target = models.CharField(_("to"), max_length=LONGEST_TARGET)
    at = models.DateTimeField(_("happened at"))
    sentence = SentenceField(_("in words"), max_length=800)
    #: The figures that a webhook gets. They are those of the moment at which the row was made.
    data = models.JSONField(default=dict, blank=True)
    state = models.CharField(
        _("state"),
        max_length=8,
        choices=NotificationState.choices,
        default=NotificationState.QUEUED,
    )
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    #: When it is tried next; while it is being sent, when its sender is presumed dead.
    next_at = models.DateTimeField(_("next try at"))
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    last_error = SentenceField(_("last problem"), max_length=500, blank=True)

    objects = models.Manager.from_queryset(NotificationQuerySet)()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "event", "target_kind", "target"], name="notification_once"
            ),
            models.CheckConstraint(
                name="notification_state_known",
                condition=Q(state__in=NotificationState.values),
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_at"],
                name="notification_open",
                condition=Q(state__in=OPEN_NOTIFICATION_STATES),
            ),
            # Those of long ago, which are deleted.
            models.Index(fields=["at"], name="notification_at"),
        ]

    def __str__(self) -> str:
        return f"{self.about}: {self.get_event_display()}"

    @property
    def about(self) -> Any:
        """The campaign or the sequence."""
        return self.campaign if self.campaign is not None else self.sequence

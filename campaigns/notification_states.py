"""The events that are told, the kinds of targets, and the states of notifications."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.states import StateTable


class NotificationEvent(models.TextChoices):
    FINISHED = "finished", _("A campaign is finished")
    STOPPED = "stopped", _("A campaign stopped itself")
    APPROVAL = "approval", _("A campaign waits for an approval")
    LATE = "late", _("A campaign did not start in time")
    UNKNOWN = "unknown", _("The result of some messages is unknown")
    CODES = "codes", _("Too many answers of the gateway are no success")


class TargetKind(models.TextChoices):
    EMAIL = "email", _("e-mail")
    WEBHOOK = "webhook", _("webhook")


class NotificationState(models.TextChoices):
    QUEUED = "queued", _("queued")
    SENDING = "sending", _("being sent")
    SENT = "sent", _("sent")
    FAILED = "failed", _("failed")


_N = NotificationState

NOTIFICATION_STATES = StateTable(
    {
        _N.QUEUED: {_N.SENDING},
        # Being sent again: the process that sent it died before it recorded the result.
        _N.SENDING: {_N.SENDING, _N.SENT, _N.QUEUED, _N.FAILED},
        _N.SENT: set(),
        _N.FAILED: {_N.QUEUED},
    }
)
OPEN_NOTIFICATION_STATES = (_N.QUEUED, _N.SENDING)

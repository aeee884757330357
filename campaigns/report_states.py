"""The periods of saved reports, and the states of their mails."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.states import StateTable


class ReportPeriod(models.TextChoices):
    """A period that is read anew each time. Today is in none: its figures still grow."""

    YESTERDAY = "yesterday", _("yesterday")
    LAST_7_DAYS = "last-7-days", _("last 7 days")
    LAST_30_DAYS = "last-30-days", _("last 30 days")
    LAST_WEEK = "last-week", _("last week")
    THIS_MONTH = "this-month", _("this month")
    LAST_MONTH = "last-month", _("last month")


class MailState(models.TextChoices):
    QUEUED = "queued", _("queued")
    SENDING = "sending", _("being sent")
    SENT = "sent", _("sent")
    FAILED = "failed", _("failed")
    UNKNOWN = "unknown", _("unknown")


_M = MailState

MAIL_STATES = StateTable(
    {
        _M.QUEUED: {_M.SENDING, _M.FAILED},
        # There is no way back from a mail whose result is not known: nobody gets one twice.
        _M.SENDING: {_M.SENT, _M.QUEUED, _M.FAILED, _M.UNKNOWN},
        _M.SENT: set(),
        _M.FAILED: set(),
        _M.UNKNOWN: set(),
    }
)
OPEN_MAIL_STATES = (_M.QUEUED, _M.SENDING)

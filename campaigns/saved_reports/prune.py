"""Deletes the record of mails of long ago, a few at a time, with the notifications."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from campaigns.models import ReportMail
from campaigns.notifications import prune as notifications
from campaigns.report_states import OPEN_MAIL_STATES

#: The most that are deleted at once.
STEP = 500


def count_old(before: datetime) -> int:
    """Return how many notifications and mails of reports there are to delete."""
    return notifications.count_old(before) + _old(before).count()


def remove_some(before: datetime) -> int:
    """Delete some notifications and mails of reports from before a moment; return how many."""
    keys = list(_old(before).order_by("due_at").values_list("pk", flat=True)[:STEP])
    if keys:
        return ReportMail.objects.filter(pk__in=keys).delete()[0]
    return notifications.remove_some(before)


def _old(before: datetime) -> QuerySet[ReportMail]:
    """Return the old ones that may go: one that is still to be sent stays."""
    return ReportMail.objects.filter(due_at__lt=before).exclude(state__in=OPEN_MAIL_STATES)

"""Deletes the notifications of long ago, a few at a time."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from campaigns.models import Notification
from campaigns.notification_states import OPEN_NOTIFICATION_STATES
from sending.states import ACTIVE_RUN_STATES

#: The most that are deleted at once.
STEP = 500


def count_old(before: datetime) -> int:
    """Return how many notifications there are to delete."""
    return _old(before).count()


def remove_some(before: datetime) -> int:
    """Delete some notifications from before a moment; return how many."""
    keys = list(_old(before).order_by("at").values_list("pk", flat=True)[:STEP])
    if not keys:
        return 0
    count, _by_model = Notification.objects.filter(pk__in=keys).delete()
    return count


def _old(before: datetime) -> QuerySet[Notification]:
    """Return the old ones that may go.

    One that is still to be sent stays. So does one of a run that has not ended: some events are
    told once a run, and its row says that they were.
    """
    old = Notification.objects.filter(at__lt=before).exclude(state__in=OPEN_NOTIFICATION_STATES)
    return old.filter(Q(run=None) | ~Q(run__state__in=ACTIVE_RUN_STATES))

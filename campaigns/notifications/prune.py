"""Deletes the notifications of long ago, a few at a time."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q

from campaigns.models import Notification
from campaigns.notification_states import OPEN_NOTIFICATION_STATES
from clocks import shared
from sending.states import ACTIVE_RUN_STATES

#: How long they are kept, and the most that one tick deletes.
KEPT, STEP = timedelta(days=90), 500


def prune_notifications() -> int:
    """Delete some notifications older than KEPT; return how many.

    One that is still to be sent stays. So does one of a run that has not ended: some events are
    told once a run, and its row says that they were.
    """
    old = Notification.objects.filter(at__lt=shared.wall() - KEPT).exclude(
        state__in=OPEN_NOTIFICATION_STATES
    )
    over = old.filter(Q(run=None) | ~Q(run__state__in=ACTIVE_RUN_STATES))
    keys = list(over.order_by("at").values_list("pk", flat=True)[:STEP])
    if not keys:
        return 0
    count, _by_model = Notification.objects.filter(pk__in=keys).delete()
    return count

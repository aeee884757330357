"""Deletes messages that all is done with, a few at a time."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Exists, OuterRef

from clocks import shared
from webhooks.models import Endpoint, Message
from webhooks.states import MessageState

#: How long messages are kept after their last try, and the most that one tick deletes.
KEPT, STEP = timedelta(days=7), 2_000


def prune_messages() -> int:
    """Delete some messages that were delivered or failed long ago, or lost their endpoint."""
    done = Message.objects.exclude(state=MessageState.QUEUED)
    keys = list(
        done.filter(tried_at__lt=shared.wall() - KEPT)
        .order_by("tried_at")
        .values_list("pk", flat=True)[:STEP]
    )
    # The newest of those without an endpoint: they were written just after it was deleted.
    gone = Message.objects.filter(~Exists(Endpoint.objects.filter(pk=OuterRef("endpoint_id"))))
    keys += gone.filter(state=MessageState.QUEUED).values_list("pk", flat=True)[:STEP]
    count, _by_model = Message.objects.filter(pk__in=keys).delete()
    return count

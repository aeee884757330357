"""Which endpoints have something to be sent, and which of their messages come next."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from clocks import shared
from webhooks.models import Endpoint, Message
from webhooks.states import EndpointState, MessageState

#: Seconds after which a process that claimed an endpoint is presumed dead, unless it renews the
#: claim. It renews before every batch, and a batch takes little more than one call.
PRESUMED_DEAD_SECONDS = 30


def waiting_endpoints() -> list[int]:
    """Return the endpoints that nobody calls now and that have a message to be tried."""
    now = shared.wall()
    due = Message.objects.filter(endpoint=OuterRef("pk"), state=MessageState.QUEUED)
    free = _free(now).filter(_is_awake(now)).filter(Exists(due.filter(_is_due(now))))
    return list(free.order_by("pk").values_list("pk", flat=True))


def claim_endpoint(endpoint_id: int) -> int | None:
    """Claim an endpoint; return the number of the claim, None if another process has it."""
    now = shared.wall()
    moved = (
        _free(now)
        .filter(pk=endpoint_id)
        .update(claim=F("claim") + 1, claimed_until=now + timedelta(seconds=PRESUMED_DEAD_SECONDS))
    )
    if not moved:
        return None
    return int(Endpoint.objects.values_list("claim", flat=True).get(pk=endpoint_id))


def renew_claim(endpoint_id: int, *, claim: int) -> Endpoint | None:
    """Renew a claim; return the endpoint, None if the claim is lost or it must not be called."""
    now = shared.wall()
    mine = Endpoint.objects.filter(
        _is_awake(now), pk=endpoint_id, claim=claim, claimed_until__gt=now
    )
    if not mine.update(claimed_until=now + timedelta(seconds=PRESUMED_DEAD_SECONDS)):
        return None
    found: Endpoint | None = Endpoint.objects.filter(pk=endpoint_id, claim=claim).first()
    return found


def release_claim(endpoint_id: int, *, claim: int) -> None:
    """Give a claim back."""
    Endpoint.objects.filter(pk=endpoint_id, claim=claim).update(claimed_until=None)


def next_messages(endpoint_id: int, *, limit: int) -> list[Message]:
    """Return the messages to be tried now, oldest first, at most one about each object.

    A message waits for all earlier ones about its object. PostgreSQL and SQLite read the queue by
    `webhook_queue` and look for earlier ones by `webhook_queue_by_object`, one look-up a message.
    """
    earlier = Message.objects.filter(
        endpoint=endpoint_id,
        object_key=OuterRef("object_key"),
        state=MessageState.QUEUED,
        pk__lt=OuterRef("pk"),
    )
    rows = Message.objects.filter(endpoint=endpoint_id, state=MessageState.QUEUED)
    rows = rows.filter(_is_due(shared.wall())).filter(~Exists(earlier))
    return list(rows.order_by("pk")[:limit])


def _is_due(now: datetime) -> Q:
    return Q(next_at=None) | Q(next_at__lte=now)


def _is_awake(now: datetime) -> Q:
    return Q(state=EndpointState.ACTIVE) & (Q(rests_until=None) | Q(rests_until__lte=now))


def _free(now: datetime) -> QuerySet[Endpoint]:
    found: QuerySet[Endpoint] = Endpoint.objects.filter(
        Q(claimed_until=None) | Q(claimed_until__lte=now)
    )
    return found

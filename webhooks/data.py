"""Endpoints and messages as data for machines."""

from __future__ import annotations

from typing import Any

from foundation.times import utc_iso
from webhooks.models import Endpoint, Message
from webhooks.states import MessageState


def endpoint_data(endpoint: Endpoint) -> dict[str, Any]:
    """Return an endpoint with its health, without its secret."""
    backlog = endpoint.messages.filter(state=MessageState.QUEUED)
    oldest = backlog.order_by("pk").values_list("happened_at", flat=True).first()
    return {
        "name": endpoint.name,
        "url": endpoint.url,
        "events": endpoint.events,
        "with_texts": endpoint.with_texts,
        "state": str(endpoint.state),
        "backlog": backlog.count(),
        "oldest": utc_iso(oldest),
        "failures": endpoint.failures,
        "failing_since": utc_iso(endpoint.failing_since),
        "problem": endpoint.problem,
        "last_success_at": utc_iso(endpoint.last_success_at),
    }


def message_data(message: Message) -> dict[str, Any]:
    """Return a message with the latest answer to it."""
    return {
        "id": message.pk,
        "webhook_id": message.key,
        "event": message.kind,
        "about": message.object_key,
        "happened_at": utc_iso(message.happened_at),
        "state": str(message.state),
        "tries": message.tries,
        "tried_at": utc_iso(message.tried_at),
        "next_at": utc_iso(message.next_at),
        "status": message.status,
        "answer": message.answer,
        "problem": message.problem,
    }

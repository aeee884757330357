"""Writes events into the outbox. Call it within the transaction of the change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from clocks import shared
from webhooks.models import Message
from webhooks.outbox.subscribers import Subscriber, subscribers

#: Rows of one statement.
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Event:
    """One event.

    Attributes:
        about: the object, such as `run:3`; events about one object are delivered in order.
        data: ids, states, codes and times; no text that a person or an operator wrote.
        texts: such texts, for endpoints that ask for them.
        uin: the person.
    """

    about: str
    data: Mapping[str, Any]
    texts: Mapping[str, str] = field(default_factory=dict)
    uin: int | None = None


def tell(kind: str, events: Sequence[Event]) -> None:
    """Write events of one kind down for every endpoint that wants them."""
    if events and (wanted_by := subscribers(kind)):
        write_messages(kind, events, to=wanted_by)


def write_messages(kind: str, events: Sequence[Event], *, to: Sequence[Subscriber]) -> None:
    """Write events down for some endpoints, in their order."""
    now = shared.wall()
    Message.objects.bulk_create(
        [
            Message(
                endpoint_id=one.endpoint_id,
                kind=kind,
                object_key=event.about,
                uin=event.uin,
                happened_at=now,
                data={**event.data, **(event.texts if one.with_texts else {})},
            )
            for event in events
            for one in to
        ],
        batch_size=CHUNK,
    )

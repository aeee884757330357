"""What is known of a person in a sequence: the result of the last message, a reply, an opt-out."""

from __future__ import annotations

from typing import Any

from django.db.models import (
    DateTimeField,
    Exists,
    ExpressionWrapper,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)

from accounts.models import InboundKind, InboundMessage
from campaigns.models import Sequence, SequencePerson
from campaigns.sequences.audience import sender_accounts
from clocks import shared
from contacts.models import Suppression
from sending.models import Attempt, Delivery


def has_replied(sequence: Sequence) -> Exists:
    """Return the condition that a person wrote to one of the accounts after the first message.

    The person's deliveries are found by the unique index on (contact, run), the replies by the
    index `inboundmessage_person`. A message may have arrived from its mark on. The mark is in
    shared time, and a reply has the wall time of its arrival, so the mark is converted.
    """
    ahead = shared.now() - shared.wall()
    marked_at = ExpressionWrapper(OuterRef("marked_at") - ahead, output_field=DateTimeField())
    replies = InboundMessage.objects.filter(
        uin=OuterRef("delivery__uin"),
        kind=InboundKind.USER,
        received_at__gte=marked_at,
    )
    senders = sender_accounts(sequence)
    if senders:
        replies = replies.filter(account__in=senders)
    asked = Attempt.objects.filter(
        delivery__contact=OuterRef("contact"), delivery__run__in=run_ids(sequence)
    )
    return Exists(asked.filter(Exists(replies)))


def has_opted_out(sequence: Sequence) -> Exists:
    """Return the condition that a person must not get messages of the sequence."""
    lists = list(sequence.lists.values_list("pk", flat=True))
    return Exists(
        Suppression.objects.in_force().filter(
            Q(contact_list=None) | Q(contact_list__in=lists), uin=OuterRef("contact__uin")
        )
    )


def with_result(people: QuerySet[SequencePerson], *, run_id: int) -> QuerySet[Any, Any]:
    """Return people with the state, reason and time of sending of their message in a run."""
    message = Delivery.objects.filter(contact=OuterRef("contact"), run=run_id)
    return people.annotate(
        result=Subquery(message.values("state")[:1]),
        result_reason=Subquery(message.values("reason")[:1]),
        sent_at=Subquery(message.values("sent_at")[:1]),
    )


def run_ids(sequence: Sequence) -> list[int]:
    """Return the runs of a sequence's steps."""
    rows = sequence.steps.exclude(run=None).order_by("number")
    return [run_id for run_id in rows.values_list("run_id", flat=True) if run_id is not None]

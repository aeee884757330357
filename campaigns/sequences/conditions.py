"""What is known of people in a sequence: results, replies, opt-outs; and whom a step is for."""

from __future__ import annotations

from collections.abc import Collection
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
from campaigns.models import Sequence, SequencePerson, SequenceStep
from campaigns.sequence_states import OnlyIf, PersonEnd
from campaigns.sequences.audience import sender_accounts
from clocks import shared
from contacts.models import Contact, Suppression
from contacts.segments.audience import audience_contacts
from sending.models import Attempt, Delivery
from sending.states import DeliveryState, Reason

#: Reasons for which a message is passed over, and the person goes on.
_PASSED_OVER = (Reason.FREQUENCY_CAP.value, Reason.ONCE_ACROSS.value)


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


def whom_it_is_for(step: SequenceStep, sequence: Sequence, ids: Collection[int]) -> set[int]:
    """Return those of these people whom a step is for, by what is known now.

    Raises:
        Refusal: the segment of the step has a condition that cannot be evaluated.
    """
    people = SequencePerson.objects.filter(pk__in=ids)
    if step.only_if == OnlyIf.ANY:
        return set(ids)
    if step.only_if == OnlyIf.FAILED:
        return _whose_last_message_failed(step, sequence, people)
    if step.only_if in (OnlyIf.REPLIED, OnlyIf.NOT_REPLIED):
        met = set(people.filter(has_replied(sequence)).values_list("pk", flat=True))
    else:
        chosen = audience_contacts(
            lists=[], segments=[step.segment] if step.segment is not None else []
        )
        # The segment is asked for these people alone, not for everybody.
        among = chosen.filter(pk__in=Contact.objects.filter(in_sequences__in=people).values("pk"))
        met = set(people.filter(contact__in=among.values("pk")).values_list("pk", flat=True))
    return met if step.only_if in (OnlyIf.REPLIED, OnlyIf.IN_SEGMENT) else set(ids) - met


def end_by(result: str, reason: str) -> str:
    """Return why a result of a message ends the sequence for its person; "" if it does not."""
    if result in (DeliveryState.SENT, DeliveryState.UNKNOWN):
        return ""
    if result == DeliveryState.CANCELLED:
        return PersonEnd.CANCELLED
    if result == DeliveryState.SKIPPED and reason in _PASSED_OVER:
        return ""
    ends = {Reason.SUPPRESSED.value: PersonEnd.OPTED_OUT, Reason.REPLY.value: PersonEnd.REPLY}
    return ends.get(reason, PersonEnd.FAILED)


def _whose_last_message_failed(
    step: SequenceStep, sequence: Sequence, people: QuerySet[SequencePerson]
) -> set[int]:
    """Return those of whose messages before a step the last failed.

    The runs are made in the order of the steps. Their deliveries are found by the unique index on
    (contact, run).
    """
    before = [run for number, run in _runs_by_number(sequence) if number < step.number]
    last = Delivery.objects.filter(contact=OuterRef("contact"), run__in=before).order_by("-run_id")
    rows = people.annotate(
        result=Subquery(last.values("state")[:1]), why=Subquery(last.values("reason")[:1])
    )
    return {
        key
        for key, result, why in rows.values_list("pk", "result", "why")
        if result is not None and end_by(result, why) == PersonEnd.FAILED
    }


def run_ids(sequence: Sequence) -> list[int]:
    """Return the runs of a sequence's steps."""
    return [run for _number, run in _runs_by_number(sequence)]


def _runs_by_number(sequence: Sequence) -> list[tuple[int, int]]:
    rows = sequence.steps.exclude(run=None).order_by("number").values_list("number", "run_id")
    return [(number, run_id) for number, run_id in rows if run_id is not None]

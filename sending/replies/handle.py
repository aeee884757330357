"""The handler of inbound messages that ties each to the delivery that it answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import (
    Case,
    DateTimeField,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    When,
)

from accounts.models import InboundKind, InboundMessage
from clocks import shared
from foundation.queries import chunks
from sending.models import Attempt, Delivery, Reply
from sending.states import DeliveryState


def tie_replies(messages: Sequence[InboundMessage]) -> None:
    """Tie messages of people to the last delivery to them by the account, if there is one."""
    received_at = {
        message.pk: message.received_at for message in messages if message.kind == InboundKind.USER
    }
    last = _deliveries().order_by("-began", "-pk").values("pk")[:1]
    for chunk in chunks(list(received_at)):
        rows = InboundMessage.objects.filter(pk__in=chunk).order_by("pk")
        found = rows.annotate(answered=Subquery(last)).exclude(answered=None)
        answered = dict(found.values_list("pk", "answered"))
        deliveries = Delivery.objects.filter(pk__in=set(answered.values()))
        runs = dict(deliveries.values_list("pk", "run_id"))
        Reply.objects.bulk_create(
            Reply(message_id=key, delivery_id=delivery, run_id=runs[delivery], at=received_at[key])
            for key, delivery in answered.items()
        )


def _deliveries() -> QuerySet[Any]:
    """Return the deliveries that an outer message may answer, with `began`.

    They were sent to its person by its account, at most REPLY_WITHIN_DAYS before. The few
    deliveries of a contact are found by the unique index on contact and run; those of tests and
    answers have no contact.

    One in flight counts from its mark: the person may write before its result is stored. The mark
    is in shared time, and a message has the wall time of its arrival, so the mark is converted.
    """
    ahead = shared.now() - shared.wall()
    marks = Attempt.objects.filter(delivery=OuterRef("pk")).order_by("-pk").values("marked_at")[:1]
    marked_at = ExpressionWrapper(Subquery(marks) - ahead, output_field=DateTimeField())
    earliest = ExpressionWrapper(
        OuterRef("received_at") - timedelta(days=settings.REPLY_WITHIN_DAYS),
        output_field=DateTimeField(),
    )
    found: QuerySet[Any] = (
        Delivery.objects.filter(
            Q(state=DeliveryState.SENT, sent_at__isnull=False) | Q(state=DeliveryState.SENDING),
            contact__uin=OuterRef("uin"),
            account=OuterRef("account"),
        )
        .annotate(
            began=Case(
                When(state=DeliveryState.SENDING, then=marked_at),
                default=F("sent_at"),
                output_field=DateTimeField(),
            )
        )
        .filter(began__lte=OuterRef("received_at"), began__gte=earliest)
    )
    return found

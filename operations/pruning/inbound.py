"""Removes messages that people wrote long ago, some at a time."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import InboundMessage
from conversations.models import Conversation
from sending.models import OptOut

STEP = 500


def count(before: datetime) -> int:
    """Return how many messages there are to remove."""
    return _old(before).count()


def remove_some(before: datetime) -> int:
    """Remove some messages, and the beginning of them that the list of conversations shows.

    A message that an opt-out came from stays, without its text: it proves the opt-out. Replies
    stay, because figures count them.
    """
    with transaction.atomic():
        keys = list(_old(before).order_by("received_at").values_list("pk", flat=True)[:STEP])
        rows = InboundMessage.objects.filter(pk__in=keys)
        proofs = OptOut.objects.filter(message__in=keys).values_list("message", flat=True)
        proving = rows.filter(pk__in=list(proofs))
        proving.update(text="")
        people = set(rows.values_list("account_id", "uin"))
        shown = Q()
        for account_id, uin in people:
            shown |= Q(account_id=account_id, uin=uin)
        if people:
            Conversation.objects.filter(shown, last_message_at__lt=before).update(preview="")
        rows.exclude(pk__in=list(proofs)).delete()
    return len(keys)


def _old(before: datetime) -> QuerySet[InboundMessage]:
    is_proof = Exists(OptOut.objects.filter(message=OuterRef("pk")))
    old = InboundMessage.objects.filter(received_at__lt=before, handled=True)
    return old.exclude(is_proof & Q(text=""))

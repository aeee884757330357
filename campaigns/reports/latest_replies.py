"""The newest replies to a run, as they come, with what was taken for an opt-out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Subquery

from accounts.models import Account
from campaigns.models import CampaignRun
from sending.models import OptDirection, Reply

#: The number of replies that are shown.
SHOWN = 8


@dataclass(frozen=True, slots=True)
class LatestReply:
    """One reply.

    Attributes:
        pk: its key.
        at: when it arrived.
        who: the person's name, else the UIN; "" once they were erased.
        text: what they wrote; None once it was erased.
        delivery: the key of the delivery that it answers.
        conversation: the key of the conversation; None without one.
        opted: "out" or "in" if it was taken for an opt-out or an opt-in, else "".
        is_undone: whether that was undone.
    """

    pk: int
    at: datetime
    who: str
    text: str | None
    delivery: int
    conversation: int | None
    opted: str = ""
    is_undone: bool = False


def latest_replies(run: CampaignRun) -> list[LatestReply]:
    """Return the newest replies to a run, the newest first, with one query.

    Plan: the newest keys of the index of the run, then a look-up by key for each of SHOWN rows.
    Conversations belong to the app above; the reverse relation reads them without an import.
    """
    conversations: Any = Account._meta.get_field("conversations").related_model
    own = conversations.objects.filter(
        account=OuterRef("delivery__account"), uin=OuterRef("delivery__uin")
    )
    rows = (
        Reply.objects.filter(run=run)
        .select_related("message__opt_out", "delivery__contact")
        .defer("delivery__text")
        .annotate(conversation=Subquery(own.values("pk")[:1]))
        .order_by("-pk")
    )
    return [_shown(row) for row in rows[:SHOWN]]


def _shown(row: Any) -> LatestReply:
    delivery, message = row.delivery, row.message
    name = delivery.contact.name if delivery.contact is not None else ""
    found = getattr(message, "opt_out", None) if message is not None else None
    opted = ""
    if found is not None:
        opted = "out" if found.direction == OptDirection.OUT else "in"
    return LatestReply(
        pk=row.pk,
        at=row.at,
        who=name or str(delivery.uin or ""),
        text=None if message is None else message.text,
        delivery=delivery.pk,
        conversation=row.conversation,
        opted=opted,
        is_undone=found is not None and found.undone_at is not None,
    )

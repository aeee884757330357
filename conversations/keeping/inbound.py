"""The services that make and update conversations for messages that arrived."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import (
    Case,
    Count,
    DateTimeField,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest, Left

from accounts.models import InboundKind, InboundMessage
from conversations.models import LONGEST_PREVIEW, Conversation
from conversations.querysets import ConversationQuerySet
from conversations.states import ConversationState
from foundation.queries import chunks

#: An account and a person: the keys of a conversation.
Pair = tuple[int, int]
#: The conversations of one round of statements.
CHUNK = 200
#: Before every message.
_FIRST = Value(datetime(1970, 1, 1, tzinfo=UTC), output_field=DateTimeField())


def note_inbound(messages: Sequence[InboundMessage]) -> None:
    """Make or update the conversations of messages that were stored just now.

    Only a person's messages belong to conversations. A message that is new reopens a closed one and
    counts as unread. A few statements serve all messages.
    """
    latest: dict[Pair, datetime] = {}
    for one in messages:
        if one.kind == InboundKind.USER and one.uin:
            pair = one.account_id, one.uin
            latest[pair] = max(one.received_at, latest.get(pair, one.received_at))
    # In the order of the keys, so that two workers cannot deadlock.
    for chunk in chunks(sorted(latest.items()), size=CHUNK):
        Conversation.objects.bulk_create(
            [
                Conversation(account_id=account_id, uin=uin, last_message_at=at)
                for (account_id, uin), at in chunk
            ],
            ignore_conflicts=True,
        )
        update_conversations([pair for pair, _at in chunk])


def update_conversations(pairs: Sequence[Pair]) -> None:
    """Set what conversations show from the inbox. Doing it twice changes nothing."""
    wanted = set(pairs)
    if not wanted:
        return
    found = Conversation.objects.filter(
        account__in={account_id for account_id, _uin in wanted},
        uin__in={uin for _account_id, uin in wanted},
    ).values_list("pk", "account_id", "uin")
    keys = [pk for pk, account_id, uin in found if (account_id, uin) in wanted]
    with transaction.atomic():
        # Locked in the order of the keys, so that two writers cannot deadlock.
        rows = Conversation.objects.filter(pk__in=keys)
        list(rows.order_by("pk").select_for_update().values_list("pk"))
        _update(rows)


def inbound_of(account: Any, uin: Any) -> QuerySet[InboundMessage]:
    """Return the messages of a person to an account, found by the index of the person."""
    return InboundMessage.objects.filter(account=account, uin=uin, kind=InboundKind.USER)


def _update(rows: ConversationQuerySet) -> None:
    theirs = inbound_of(OuterRef("account"), OuterRef("uin"))
    newest = theirs.order_by("-received_at", "-position")
    unread = theirs.filter(received_at__gt=Coalesce(OuterRef("read_at"), _FIRST)).order_by()
    counted = unread.values("account").annotate(n=Count("pk")).values("n")
    is_new = Q(last_inbound_at=None) | Q(arrived_at__gt=F("last_inbound_at"))
    is_newest = is_new & (Q(is_ours_last=False) | Q(arrived_at__gte=F("last_message_at")))
    rows.annotate(
        arrived_at=Subquery(newest.values("received_at")[:1]),
        said=Subquery(newest.annotate(start=Left("text", LONGEST_PREVIEW)).values("start")[:1]),
    ).filter(arrived_at__isnull=False).update(
        state=Case(When(is_new, then=Value(ConversationState.OPEN)), default=F("state")),
        preview=Case(When(is_newest, then=F("said")), default=F("preview")),
        is_ours_last=Case(When(is_newest, then=Value(False)), default=F("is_ours_last")),
        last_message_at=Greatest(F("last_message_at"), F("arrived_at")),
        last_inbound_at=F("arrived_at"),
        unread=Coalesce(Subquery(counted, output_field=IntegerField()), 0),
    )

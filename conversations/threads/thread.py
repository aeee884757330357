"""Read the thread of a conversation: what the person wrote and what we sent, merged by time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from accounts.models import InboundMessage
from campaigns.models import TestRun, owner_of
from contacts.models import Contact
from conversations.keeping.inbound import inbound_of
from conversations.models import Answer, Conversation
from conversations.threads.cursor import Cursor, read_cursor
from conversations.threads.message import Message, standing_of
from conversations.threads.sources import Source, further_sources
from sending.models import Delivery
from sending.runs.texts import TEXTS, text_of, variant_of

#: The messages of a page.
PAGE = 50
#: The newest tests of an account that are searched: a test has at most twenty people.
MOST_TESTS = 200


@dataclass(frozen=True, slots=True)
class Thread:
    """A page of a thread.

    Attributes:
        messages: newest first.
        next: the cursor of the page with older ones; None for none.
    """

    messages: list[Message]
    next: str | None


class _Found(NamedTuple):
    key: Cursor
    row: Any
    make: Callable[[Any, datetime], Message]


def read_thread(*, conversation: Conversation, before: str = "", limit: int = PAGE) -> Thread:
    """Return a page of a thread, newest messages first.

    Each source is read by an index, and only as many rows of it as the page can have: the person's
    messages by `inboundmessage_person`, deliveries of campaigns by the person's own deliveries,
    answers by their conversation, what apps above send by an index of theirs.

    Args:
        conversation: the conversation, with its account.
        before: the cursor of an earlier page; "": the newest messages.
        limit: the most messages.

    Raises:
        Refusal: the cursor cannot be read (`cursor_malformed`).
    """
    cursor = read_cursor(before) if before else None
    sources = (
        _written(conversation),
        _of_campaigns(conversation),
        _tests(conversation),
        _answers(conversation),
        *(source(conversation) for source in further_sources()),
    )
    found: list[_Found] = []
    for rank, (rows, make) in enumerate(sources):
        if cursor is not None:
            rows = rows.filter(_before(cursor, rank))
        page = rows.order_by("-at", "-pk")[: limit + 1]
        found += [_Found(Cursor(row.at, rank, row.pk), row, make) for row in page]
    found.sort(key=lambda one: one.key, reverse=True)
    shown = found[:limit]
    return Thread(
        [one.make(one.row, one.key.at) for one in shown],
        shown[-1].key.text if len(found) > limit else None,
    )


def _before(cursor: Cursor, rank: int) -> Q:
    earlier = Q(at__lt=cursor.at)
    if rank < cursor.rank:
        return earlier | Q(at=cursor.at)
    if rank == cursor.rank:
        return earlier | Q(at=cursor.at, pk__lt=cursor.pk)
    return earlier


def _written(conversation: Conversation) -> Source:
    rows = inbound_of(conversation.account_id, conversation.uin).annotate(at=F("received_at"))
    return rows, _inbound


def _of_campaigns(conversation: Conversation) -> Source:
    person = Contact.objects.filter(uin=conversation.uin).values_list("pk", flat=True).first()
    # The range makes PostgreSQL use the index of the person's own deliveries.
    rows = _dated(
        Delivery.objects.filter(
            contact__gte=person, contact__lte=person, account=conversation.account_id
        )
        if person is not None
        else Delivery.objects.none()
    )
    return rows, lambda row, at: _ours(row, at, kind="campaign")


def _tests(conversation: Conversation) -> Source:
    tests = TestRun.objects.filter(account=conversation.account_id).order_by("-pk")
    keys = list(tests.values_list("pk", flat=True)[:MOST_TESTS])
    rows = _dated(Delivery.objects.filter(run__in=keys, uin=conversation.uin))
    return rows, lambda row, at: _ours(row, at, kind="test")


def _answers(conversation: Conversation) -> Source:
    rows = Answer.objects.filter(conversation=conversation).annotate(
        at=Coalesce("delivery__sent_at", "created_at")
    )
    return rows.select_related("delivery", "by"), _answer


def _dated(rows: QuerySet[Delivery]) -> QuerySet[Any]:
    return (
        rows.annotate(at=Coalesce("sent_at", "run__planned_at", "run__created_at"))
        .select_related("run__campaign_run__campaign", "run__test_run__campaign")
        .prefetch_related(TEXTS)
    )


def _inbound(row: InboundMessage, at: datetime) -> Message:
    return Message(at, False, "inbound", row.pk, row.text)


def _ours(row: Delivery, at: datetime, *, kind: str) -> Message:
    return Message(
        at,
        True,
        kind,
        row.pk,
        text_of(row),
        source=str(owner_of(row.run)),
        variant=variant_of(row),
        **standing_of(row),
    )


def _answer(row: Answer, at: datetime) -> Message:
    by = row.by.get_username() if row.by is not None else ""
    return Message(
        at,
        True,
        "answer",
        row.delivery_id,
        row.delivery.text or "",
        by=by or (_("automatic") if row.is_automatic else ""),
        is_automatic=row.is_automatic,
        **standing_of(row.delivery),
    )

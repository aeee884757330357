"""The thread beside the list: its messages, and what can be done with the conversation."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from campaigns.admin.delivery import DELIVERY_COLOURS
from contacts.models import Contact, SuppressionReason
from conversations.admin.inbox_list import names_of
from conversations.answers.send_answer import (
    newest_answer_by_operator,
    refuse_unanswerable,
    suppression_of,
)
from conversations.models import Answer, CannedAnswer, Conversation
from conversations.threads.message import Message
from conversations.threads.sources import further_sources
from conversations.threads.thread import PAGE, read_thread
from foundation.refusals import Refusal
from labels.models import Label
from sending.states import DeliveryState
from texts.rendering import longest_text

#: The most messages that the page shows; the command shows the rest.
MOST_SHOWN = 1_000
#: Messages of a further source whose states are watched while a thread is shown.
NEWEST = 3
#: The most operators, labels and canned answers that are offered.
MOST_CHOICES = 200


def thread_context(request: HttpRequest, conversation: Conversation) -> dict[str, Any]:
    """Return the messages of a conversation, oldest first.

    `read_until` is the arrival of the newest one if it is unread: once the page is shown to
    somebody who may act, it posts that it was read. Looking at a page changes nothing by itself.
    """
    n = _shown(request)
    # The stamp and the newest answer are read before the messages: what changes while the messages
    # are read is then shown again by the next poll, and no answer counts as seen that is not shown.
    stamp = thread_stamp(conversation.pk)
    newest = newest_answer_by_operator(conversation)
    thread = read_thread(conversation=conversation, limit=n)
    may_read = request.user.has_perm("conversations.change_conversation")
    inbound = [one.at for one in thread.messages if not one.is_ours]
    is_unread = bool(conversation.unread and may_read and inbound)
    return {
        "conversation": conversation,
        "thread": [_decorated(one) for one in reversed(thread.messages)],
        "more": min(n + PAGE, MOST_SHOWN) if thread.next and n < MOST_SHOWN else None,
        "n": n,
        "read_until": inbound[0].isoformat() if is_unread else "",
        "thread_stamp": stamp,
        "seen": newest.pk if newest is not None else 0,
        "can_answer": request.user.has_perm("conversations.add_answer"),
    }


def thread_stamp(key: int) -> str:
    """Return a stamp that changes when a thread has a new message, or an answer a new state.

    One query, and one for each registered source. "" if there is no such conversation.
    """
    answers = Answer.objects.filter(conversation=OuterRef("pk")).order_by().values("conversation")

    def counted(*states: str) -> Any:
        n = Count("pk", filter=Q(delivery__state__in=states))
        return Coalesce(Subquery(answers.annotate(n=n).values("n")), 0)

    row = (
        Conversation.objects.filter(pk=key)
        .annotate(
            pending=counted(DeliveryState.PENDING),
            sending=counted(DeliveryState.SENDING),
            sent=counted(DeliveryState.SENT),
            unknown=counted(DeliveryState.UNKNOWN),
        )
        .first()
    )
    if row is None:
        return ""
    values = [row.last_message_at, row.last_inbound_at]
    values += [row.pending, row.sending, row.sent, row.unknown]
    for source in further_sources():
        rows, make = source(row)
        newest = rows.order_by("-at", "-pk")[:NEWEST]
        values += [one for found in newest for one in (found.pk, make(found, found.at).state)]
    return "-".join(
        str(value.timestamp() if hasattr(value, "timestamp") else value) for value in values
    )


def side_context(request: HttpRequest, conversation: Conversation) -> dict[str, Any]:
    """Return what is known of the person and can be done besides reading."""
    person = Contact.objects.filter(uin=conversation.uin).first()
    suppression = suppression_of(conversation.uin)
    by_hand = suppression is not None and suppression.reason == SuppressionReason.BY_HAND
    can_answer = request.user.has_perm("conversations.add_answer")
    return {
        "name": names_of([conversation])[conversation.account_id, conversation.uin],
        "person_url": _page("contacts_contact", person.pk) if person is not None else "",
        "account_url": _page("accounts_account", conversation.account_id),
        "is_suppressed": suppression is not None,
        "can_suppress": suppression is None and request.user.has_perm("contacts.add_suppression"),
        "can_lift": by_hand and request.user.has_perm("contacts.delete_suppression"),
        "by_reply": suppression is not None and suppression.reason == SuppressionReason.REPLIED,
        "why_not": _why_not(conversation) if can_answer else "",
        "can_change": request.user.has_perm("conversations.change_conversation"),
        "operators": _operators(),
        "all_labels": Label.objects.order_by("name")[:MOST_CHOICES],
        "own_labels": {label.pk for label in conversation.labels.all()},
        "canned": CannedAnswer.objects.order_by("name").only("pk", "name")[:MOST_CHOICES],
        "key": uuid.uuid4().hex,
        "longest": longest_text(),
    }


def _shown(request: HttpRequest) -> int:
    text = request.GET.get("n", "")
    n = int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else PAGE
    return max(PAGE, min(n, MOST_SHOWN))


def _decorated(message: Message) -> dict[str, Any]:
    """Return a message with the colour of its state."""
    colour = DELIVERY_COLOURS[DeliveryState(message.state)] if message.state else ""
    is_pending = message.kind == "answer" and message.state == DeliveryState.PENDING
    return {"one": message, "colour": colour, "can_cancel": is_pending}


def _why_not(conversation: Conversation) -> str:
    """Return why nobody can answer now; "" if an operator can, if need be by confirming it."""
    try:
        refuse_unanswerable(conversation, also_suppressed=True)
    except Refusal as refusal:
        return refusal.sentence
    return ""


def _operators() -> list[Any]:
    """Return the operators who may see conversations."""
    users: Any = get_user_model()._default_manager
    staff = users.with_perm("conversations.view_conversation").filter(is_staff=True)
    return list(staff.order_by("username")[:MOST_CHOICES])


def _page(name: str, key: int) -> str:
    try:
        return reverse(f"admin:{name}_change", args=[key])
    except NoReverseMatch:
        return ""

"""The services that close, reopen and read conversations."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from conversations.keeping.inbound import update_conversations
from conversations.models import Conversation
from conversations.states import ConversationState


def close_conversation(*, conversation: Conversation) -> bool:
    """Close a conversation and count it as read; return whether it was open.

    The person's next message reopens it.
    """
    mark_read(conversation=conversation)
    rows = Conversation.objects.filter(pk=conversation.pk)
    return bool(rows.transition(to=ConversationState.CLOSED))


def reopen_conversation(*, conversation: Conversation) -> bool:
    """Reopen a conversation; return whether it was closed."""
    rows = Conversation.objects.filter(pk=conversation.pk)
    return bool(rows.transition(to=ConversationState.OPEN))


def mark_read(*, conversation: Conversation, until: datetime | None = None) -> bool:
    """Count a conversation's messages as read; return whether some were not.

    Args:
        conversation: the conversation.
        until: the arrival of the last message that was shown, so that one which arrives meanwhile
            stays unread; None: all.
    """
    with transaction.atomic():
        row = Conversation.objects.select_for_update().get(pk=conversation.pk)
        if not row.unread or row.last_inbound_at is None:
            return False
        shown = row.last_inbound_at if until is None else min(until, row.last_inbound_at)
        if row.read_at is not None and shown <= row.read_at:
            return False
        Conversation.objects.filter(pk=row.pk).update(read_at=shown)
        update_conversations([(row.account_id, row.uin)])
    return True


def mark_unread(*, conversation: Conversation) -> bool:
    """Count a conversation's last message as unread; return whether everything was read."""
    with transaction.atomic():
        row = Conversation.objects.select_for_update().get(pk=conversation.pk)
        if row.unread or row.last_inbound_at is None:
            return False
        before = row.last_inbound_at - timedelta(microseconds=1)
        Conversation.objects.filter(pk=row.pk).update(read_at=before)
        update_conversations([(row.account_id, row.uin)])
    return True

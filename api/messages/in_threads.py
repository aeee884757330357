"""The messages of programs in the threads of conversations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from api.models import Message
from conversations.models import Conversation
from conversations.threads.message import Message as InThread
from conversations.threads.message import standing_of
from conversations.threads.sources import Source


def messages_in_thread(conversation: Conversation) -> Source:
    """Return the messages that programs sent to the person by the account.

    They are found by the index on the person's UIN.
    """
    rows = Message.objects.filter(
        uin=conversation.uin, delivery__account=conversation.account_id
    ).annotate(at=Coalesce("delivery__sent_at", "created_at"))
    return rows.select_related("delivery", "by"), _in_thread


def _in_thread(row: Any, at: datetime) -> InThread:
    return InThread(
        at,
        True,
        "message",
        row.delivery_id,
        row.delivery.text or "",
        source=_("sent by a program"),
        by=row.by.get_username() if row.by is not None else "",
        **standing_of(row.delivery),
    )

"""Conversations, answers and messages as JSON and as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from campaigns.reason_text import reason_text
from conversations.models import Answer, Conversation
from conversations.threads.message import Message
from foundation.terminal_tables import table
from foundation.times import clock, utc_iso


def conversation_data(row: Conversation) -> dict[str, Any]:
    """Return a conversation for JSON. The keys are a public interface."""
    return {
        "uin": row.uin,
        "account": row.account.uin,
        "state": row.state,
        "unread": row.unread,
        "assigned_to": row.assignee.get_username() if row.assignee is not None else None,
        "labels": sorted(label.name for label in row.labels.all()),
        "note": row.note,
        "last_message_at": utc_iso(row.last_message_at),
        "last_inbound_at": utc_iso(row.last_inbound_at),
        "last_is_ours": row.is_ours_last,
        "text": row.preview,
    }


def answer_data(answer: Answer) -> dict[str, Any]:
    """Return an answer for JSON. The keys are a public interface."""
    delivery = answer.delivery
    reason = str(reason_text(delivery.reason))
    return {
        "answer": answer.pk,
        "key": answer.key,
        "uin": delivery.uin,
        "account": answer.conversation.account.uin,
        "state": delivery.state,
        "sentence": ": ".join(filter(None, (str(delivery.get_state_display()), reason))),
        "last_res": delivery.last_res,
        "seq": delivery.seq,
        "sent_at": utc_iso(delivery.sent_at),
        "text": delivery.text,
    }


def conversations_text(rows: Sequence[Conversation]) -> str:
    """Return conversations as a table."""
    heading = (
        _("UIN"), _("account"), _("state"), _("unread"), _("assigned to"), _("at"), _("text"),
    )  # fmt: skip
    lines = [
        (
            row.uin,
            row.account.uin,
            row.get_state_display(),
            row.unread,
            row.assignee.get_username() if row.assignee is not None else "",
            clock(row.last_message_at),
            ("→ " if row.is_ours_last else "") + _line(row.preview),
        )
        for row in rows
    ]
    return table(heading=heading, rows=lines) if lines else _("There are no conversations.")


def messages_text(messages: Iterable[Message]) -> str:
    """Return the messages of a thread as a table."""
    heading = (_("at"), _("from"), _("state"), _("RES"), _("SEQ"), _("source"), _("text"))
    lines = [
        (
            clock(one.at),
            _("us") if one.is_ours else _("the person"),
            one.words,
            one.last_res,
            one.seq,
            one.source or one.by,
            _line(one.text),
        )
        for one in messages
    ]
    return table(heading=heading, rows=lines) if lines else _("There are no messages.")


def _line(text: str) -> str:
    return text.replace("\n", " ⏎ ")

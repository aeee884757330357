"""The list of the inbox: its rows with names, and whether it has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from accounts.models import Friend
from contacts.models import Contact
from contacts.segments.bounded import bounded
from conversations.admin.inbox_filters import InboxQuery
from conversations.find import filtered
from conversations.models import Conversation
from conversations.querysets import ConversationQuerySet
from conversations.threads.pages import page_of
from foundation.names import blank_if_invisible
from foundation.refusals import Refusal

#: The conversations of a page, and the seconds that a search may take.
PAGE, SEARCH_SECONDS = 50, 4
#: The badge counts up to this.
MOST_COUNTED = 99


@dataclass(frozen=True, slots=True)
class Row:
    """A conversation in the list, with the name of its person."""

    conversation: Conversation
    name: str
    is_shown: bool


def list_context(request: HttpRequest, query: InboxQuery, shown: int | None) -> dict[str, Any]:
    """Return what the list needs.

    Args:
        request: the request; its `before` is the cursor of a page.
        query: what is asked for.
        shown: the key of the conversation beside the list.
    """
    before = request.GET.get("before", "")
    problem = ""
    rows: Sequence[Conversation] = []
    following = None
    try:
        with bounded(SEARCH_SECONDS) if query.filters.words else nullcontext():
            rows, following = page_of(filtered(query.filters), before=before, limit=PAGE)
    except Refusal as refusal:
        problem = refusal.sentence
    names = names_of(rows)
    return {
        "rows": [
            Row(row, names[row.account_id, row.uin], is_shown=row.pk == shown) for row in rows
        ],
        "next": following,
        "before": before,
        "list_problem": problem,
        "list_stamp": stamp_of(rows),
        "query": query,
        "shown": shown,
    }


def list_stamp(query: InboxQuery, *, before: str = "") -> str:
    """Return a stamp of the list that changes when the page would; one query.

    Raises:
        Refusal: the cursor cannot be read.
    """
    rows = filtered(query.filters).select_related(None)
    return stamp_of(page_of(rows, before=before, limit=PAGE, with_labels=False)[0])


def stamp_of(rows: Sequence[Conversation]) -> str:
    """Return a stamp of what the rows show, labels left out."""
    shown = [
        (row.pk, row.last_message_at.timestamp(), row.unread, row.state, row.assignee_id)
        for row in rows
    ]
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]


def names_of(rows: Sequence[Conversation]) -> dict[tuple[int, int], str]:
    """Return the name of each person: the contact's, else the nickname, else the UIN."""
    uins = {row.uin for row in rows}
    accounts = {row.account_id for row in rows}
    contacts = dict(Contact.objects.filter(uin__in=uins).values_list("uin", "name"))
    friends = {
        (account_id, uin): nickname
        for account_id, uin, nickname in Friend.objects.filter(
            account__in=accounts, uin__in=uins
        ).values_list("account_id", "uin", "nickname")
    }
    found = {}
    for row in rows:
        pair = row.account_id, row.uin
        name = blank_if_invisible(contacts.get(row.uin, "")) or blank_if_invisible(
            friends.get(pair, "")
        )
        found[pair] = name or str(row.uin)
    return found


def unread_badge(request: HttpRequest) -> str:
    """Return the number of unread conversations for the sidebar; "" for none.

    It is counted by the index of unread conversations, and not beyond MOST_COUNTED.
    """
    if not request.user.has_perm("conversations.view_conversation"):
        return ""
    unread: ConversationQuerySet = Conversation.objects.unread()
    n = unread.order_by()[: MOST_COUNTED + 1].count()
    if n > MOST_COUNTED:
        return f"{MOST_COUNTED}+"
    return str(n) if n else ""

"""Pages of the list of conversations."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from conversations.models import Conversation
from conversations.querysets import ConversationQuerySet
from conversations.threads.cursor import Cursor, read_cursor


def page_of(
    rows: ConversationQuerySet, *, before: str = "", limit: int = 50, with_labels: bool = True
) -> tuple[list[Conversation], str | None]:
    """Return conversations, newest first, and the cursor of the next page; None for none.

    Args:
        rows: the conversations that are asked for.
        before: the cursor of an earlier page; "": the newest.
        limit: the most rows.
        with_labels: whether their labels are read, by a query of their own.

    Raises:
        Refusal: the cursor cannot be read (`cursor_malformed`).
    """
    found: Any = rows.newest_first()
    if with_labels:
        found = found.prefetch_related("labels")
    if before:
        cursor = read_cursor(before)
        found = found.filter(
            Q(last_message_at__lt=cursor.at) | Q(last_message_at=cursor.at, pk__lt=cursor.pk)
        )
    page = list(found[: limit + 1])
    shown = page[:limit]
    following = None
    if len(page) > limit:
        following = Cursor(shown[-1].last_message_at, 0, shown[-1].pk).text
    return shown, following

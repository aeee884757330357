"""Queries on conversations."""

from __future__ import annotations

from typing import Any, Self

from conversations.states import CONVERSATION_STATES, ConversationState
from foundation.states import StatefulQuerySet


class ConversationQuerySet(StatefulQuerySet[Any]):
    """Conversations. Their state is changed only by `transition`, and by a message that arrives."""

    state_table = CONVERSATION_STATES

    def open(self) -> Self:
        """Return those that nobody has closed since the last message."""
        return self.filter(state=ConversationState.OPEN)

    def unread(self) -> Self:
        """Return those with a message that nobody has read."""
        return self.filter(unread__gt=0)

    def newest_first(self) -> Self:
        """Return them in the order of the inbox."""
        return self.order_by("-last_message_at", "-id")

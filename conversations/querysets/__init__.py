"""Queries on conversations and answers, and the change of a conversation's state."""

from conversations.querysets.conversation import ConversationQuerySet

__all__ = ["ConversationQuerySet"]

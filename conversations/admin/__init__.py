"""The console's pages of conversations."""

from conversations.admin.canned_answer import CannedAnswerAdmin
from conversations.admin.conversation import ConversationAdmin

__all__ = ["CannedAnswerAdmin", "ConversationAdmin"]

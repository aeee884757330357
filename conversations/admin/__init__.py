"""The console's pages of conversations."""

from conversations.admin.canned_answer import CannedAnswerAdmin
from conversations.admin.conversation import ConversationAdmin
from conversations.admin.reply_rule import ReplyRuleAdmin

__all__ = ["CannedAnswerAdmin", "ConversationAdmin", "ReplyRuleAdmin"]

"""The console's pages of conversations."""

from conversations.admin.canned_answer import CannedAnswerAdmin

__all__ = ["CannedAnswerAdmin"]

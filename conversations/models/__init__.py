"""The tables of conversations, answers and canned answers."""

from conversations.models.answer import Answer
from conversations.models.answer_run import AnswerRun, answer_origin
from conversations.models.canned_answer import CannedAnswer
from conversations.models.conversation import LONGEST_PREVIEW, Conversation
from conversations.models.reply_rule import ReplyRule, RuleAnswer, RuleAnswerState, RuleWords

__all__ = [
    "LONGEST_PREVIEW",
    "Answer",
    "AnswerRun",
    "CannedAnswer",
    "Conversation",
    "ReplyRule",
    "RuleAnswer",
    "RuleAnswerState",
    "RuleWords",
    "answer_origin",
]

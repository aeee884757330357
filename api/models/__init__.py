"""The tables of the HTTP API: tokens, stored answers, messages."""

from api.models.message import Message, MessageRun, message_origin
from api.models.stored_answer import StoredAnswer
from api.models.token import Token

__all__ = ["Message", "MessageRun", "StoredAnswer", "Token", "message_origin"]

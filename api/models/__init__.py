"""The tables of the HTTP API: tokens, stored answers, messages, requests."""

from api.models.message import Message, MessageRun, message_origin
from api.models.request import ApiRequest
from api.models.stored_answer import StoredAnswer
from api.models.token import Token

__all__ = ["ApiRequest", "Message", "MessageRun", "StoredAnswer", "Token", "message_origin"]

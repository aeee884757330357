"""Messages: one text to one person at once."""

from __future__ import annotations

from api.messages.data import message_data
from api.messages.send import LONGEST_LIFE, find_message, send_message
from api.models import Message
from api.pipeline.command_parameters import UIN
from api.pipeline.operation import Answer, Call, Operation, Parameter
from api.resources.rights import view
from api.scopes import Scope

_ID = {"type": "integer", "minimum": 1, "maximum": 2**62}
MESSAGE = {
    "type": "object",
    "required": ["id", "to", "account", "state", "sentence", "created_at", "text"],
    "properties": {
        "id": {"type": "integer"},
        "to": {"type": "integer"},
        "account": {"type": ["integer", "null"]},
        "state": {
            "type": "string",
            "enum": ["pending", "sending", "sent", "failed", "skipped", "cancelled", "unknown"],
        },
        "reason": {"type": ["string", "null"]},
        "sentence": {"type": "string"},
        "why": {"type": ["string", "null"]},
        "attempts": {"type": "integer"},
        "last_res": {"type": ["string", "null"]},
        "seq": {"type": ["integer", "null"]},
        "created_at": {"type": "string"},
        "expires_at": {"type": "string"},
        "sent_at": {"type": ["string", "null"]},
        "text": {"type": ["string", "null"]},
    },
}
MESSAGES = {
    "type": "object",
    "required": ["items", "next"],
    "properties": {
        "items": {"type": "array", "items": MESSAGE},
        "next": {"type": ["integer", "null"]},
    },
}
_NEW = (
    Parameter("to", UIN, is_required=True, words="the person"),
    Parameter(
        "text",
        {"type": "string", "minLength": 1},
        is_required=True,
        words="the message, sent as it is written",
    ),
    Parameter("account", UIN, words="the account that sends; else a working one with this friend"),
    Parameter("override_quiet_hours", {"type": "boolean"}, words="send it in the quiet hours too"),
    Parameter(
        "expires_after",
        {"type": "number", "minimum": 1, "maximum": LONGEST_LIFE},
        words="seconds; if it was not sent by then, it is cancelled. Default: a day",
    ),
)
_PAGE = (
    Parameter("to", UIN, "query", words="only messages to this person"),
    Parameter("after", _ID, "query", words="the `next` of an earlier answer"),
    Parameter("limit", {"type": "integer", "minimum": 1, "maximum": 1000}, "query"),
)


def _send(call: Call) -> Answer:
    given = call.values
    message = send_message(
        uin=given["to"],
        text=given["text"],
        account_uin=given.get("account"),
        overrides_quiet_hours=given.get("override_quiet_hours", False),
        seconds=given.get("expires_after"),
        by=call.user,
    )
    return Answer(message_data(find_message(key=message.pk)), 201)


def _show(call: Call) -> Answer:
    return Answer(message_data(find_message(key=call.values["id"])))


def _list(call: Call) -> Answer:
    limit = call.values.get("limit", 100)
    rows = Message.objects.select_related("delivery__account", "delivery__run", "by")
    if "to" in call.values:
        rows = rows.filter(uin=call.values["to"])
    if "after" in call.values:
        rows = rows.filter(pk__lt=call.values["after"])
    found = list(rows.order_by("-pk")[: limit + 1])
    items = [message_data(one) for one in found[:limit]]
    return Answer({"items": items, "next": items[-1]["id"] if len(found) > limit else None})


OPERATIONS = (
    Operation(
        "POST", "messages", "Send one message to one person at once", _send, Scope.SEND,
        rights=("conversations.add_answer",),
        rights_of={"override_quiet_hours": "campaigns.override_quiet_hours"},
        read_parameters=lambda: _NEW, answer=MESSAGE, statuses=(201,),
    ),
    Operation(
        "GET", "messages/{id}", "Show a message and its state", _show, Scope.READ,
        rights=view("sending.delivery"),
        read_parameters=lambda: (Parameter("id", _ID, "path", True, "the message"),),
        answer=MESSAGE,
    ),
    Operation(
        "GET", "messages", "List messages, newest first", _list, Scope.READ,
        rights=view("sending.delivery"), read_parameters=lambda: _PAGE, answer=MESSAGES,
    ),
)  # fmt: skip

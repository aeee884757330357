"""The inbox, and the rules for messages."""

from __future__ import annotations

from api.pipeline.command_operation import USER, command_operation
from api.pipeline.command_parameters import INTEGER
from api.resources.rights import add, change, delete, view
from api.scopes import Scope

CONVERSATION, RULE = "conversations.conversation", "conversations.replyrule"
INBOUND = "accounts.inboundmessage"
_EXPORT_TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}

OPERATIONS = (
    command_operation(
        "GET", "inbox", "inbox list", scope=Scope.READ, rights=view(CONVERSATION)
    ),
    command_operation(
        "GET", "inbox/export", "inbox export", scope=Scope.READ,
        rights=view(CONVERSATION, INBOUND), file_types=_EXPORT_TYPES,
    ),
    command_operation(
        "GET", "inbox/show", "inbox show", scope=Scope.READ,
        rights=view(CONVERSATION, INBOUND),
    ),
    command_operation(
        "POST", "inbox/answer", "inbox answer", scope=Scope.SEND,
        rights=add("conversations.answer"), fixed={"by": USER},
    ),
    *(
        command_operation(
            "POST", f"inbox/{verb}", f"inbox {verb}", scope=Scope.WRITE,
            rights=change(CONVERSATION),
        )
        for verb in ("assign", "close", "reopen", "read", "note", "label")
    ),
    command_operation(
        "GET", "reply-rules", "reply_rules list", scope=Scope.READ, rights=view(RULE)
    ),
    command_operation(
        "POST", "reply-rules", "reply_rules create", scope=Scope.ADMIN, rights=add(RULE),
        schemas={"position": INTEGER}, status=201,
    ),
    command_operation(
        "POST", "reply-rules/order", "reply_rules order", scope=Scope.ADMIN, rights=change(RULE)
    ),
    *(
        command_operation(
            "POST", f"reply-rules/{{name}}/{verb}", f"reply_rules {verb}", scope=Scope.ADMIN,
            rights=change(RULE),
        )
        for verb in ("on", "off")
    ),
    command_operation(
        "GET", "reply-rules/{name}/dry-run", "reply_rules dry-run", scope=Scope.READ,
        rights=view(RULE, INBOUND),
    ),
    command_operation(
        "DELETE", "reply-rules/{name}", "reply_rules delete", scope=Scope.ADMIN,
        rights=delete(RULE),
    ),
)  # fmt: skip

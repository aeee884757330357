"""Webhooks: where other programs are told what happens."""

from __future__ import annotations

from api.pipeline.command_operation import command_operation
from api.resources.rights import add, change, delete, view
from api.scopes import Scope

ENDPOINT, MESSAGE = "webhooks.endpoint", "webhooks.message"

OPERATIONS = (
    command_operation(
        "GET", "webhooks", "webhooks list", scope=Scope.ADMIN, rights=view(ENDPOINT)
    ),
    command_operation(
        "POST", "webhooks", "webhooks add", scope=Scope.ADMIN, rights=add(ENDPOINT)
    ),
    command_operation(
        "GET", "webhooks/{name}/attempts", "webhooks attempts", scope=Scope.ADMIN,
        rights=view(MESSAGE),
    ),
    *(
        command_operation(
            "POST", f"webhooks/{{name}}/{verb}", f"webhooks {verb}", scope=Scope.ADMIN,
            rights=change(ENDPOINT),
        )
        for verb in ("test", "resend", "disable", "enable", "rotate-secret")
    ),
    command_operation(
        "DELETE", "webhooks/{name}", "webhooks delete", scope=Scope.ADMIN, rights=delete(ENDPOINT)
    ),
)  # fmt: skip

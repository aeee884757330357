"""Texts: templates, snippets, canned answers."""

from __future__ import annotations

from api.pipeline.command_operation import command_operation
from api.pipeline.operation import Operation
from api.resources.rights import add, change, delete, view
from api.scopes import Scope

TEMPLATE, SNIPPET = "campaigns.messagetemplate", "campaigns.snippet"
CANNED = "conversations.cannedanswer"


def _texts(path: str, command: str, model: str) -> tuple[Operation, ...]:
    """Return what templates and snippets have in common."""
    return (
        command_operation(
            "GET", path, f"{command} list", scope=Scope.READ, rights=view(model)
        ),
        command_operation(
            "POST", path, f"{command} create", scope=Scope.WRITE, rights=add(model),
            hidden=("file",), status=201,
        ),
        *(
            command_operation(
                "POST", f"{path}/{{name}}/{verb}", f"{command} {verb}", scope=Scope.WRITE,
                rights=change(model),
            )
            for verb in ("archive", "restore")
        ),
    )  # fmt: skip


def _one_text(path: str, command: str, model: str) -> tuple[Operation, ...]:
    return (
        command_operation(
            "GET", f"{path}/{{name}}", f"{command} show", scope=Scope.READ, rights=view(model)
        ),
        command_operation(
            "PATCH", f"{path}/{{name}}", f"{command} edit", scope=Scope.WRITE,
            rights=change(model), hidden=("file",), is_definition=True,
        ),
        command_operation(
            "DELETE", f"{path}/{{name}}", f"{command} delete", scope=Scope.WRITE,
            rights=delete(model),
        ),
    )  # fmt: skip


OPERATIONS = (
    *_texts("templates", "template", TEMPLATE),
    command_operation(
        "GET", "templates/{name}/versions", "template versions", scope=Scope.READ,
        rights=view(TEMPLATE), hidden=("restore",),
    ),
    command_operation(
        "POST", "templates/{name}/versions", "template versions", scope=Scope.WRITE,
        rights=change(TEMPLATE),
    ),
    command_operation(
        "GET", "templates/{name}/preview", "template preview", scope=Scope.READ,
        rights=view(TEMPLATE, "contacts.contact", "accounts.account"),
    ),
    *_one_text("templates", "template", TEMPLATE),
    *_texts("snippets", "snippet", SNIPPET),
    *_one_text("snippets", "snippet", SNIPPET),
    command_operation(
        "GET", "canned-answers", "canned_answer list", scope=Scope.READ, rights=view(CANNED)
    ),
    command_operation(
        "GET", "canned-answers/{name}", "canned_answer show", scope=Scope.READ,
        rights=view(CANNED),
    ),
    command_operation(
        "PUT", "canned-answers/{name}", "canned_answer save", scope=Scope.WRITE,
        rights=(*add(CANNED), *change(CANNED)), is_definition=True,
    ),
    command_operation(
        "DELETE", "canned-answers/{name}", "canned_answer delete", scope=Scope.WRITE,
        rights=delete(CANNED),
    ),
)  # fmt: skip

"""Sequences: messages to each person who enters an audience, one after another."""

from __future__ import annotations

from api.pipeline.command_operation import USER, command_operation
from api.resources.rights import add, change, view
from api.scopes import Scope

SEQUENCE = "campaigns.sequence"

OPERATIONS = (
    command_operation("GET", "sequences", "sequence list", scope=Scope.READ, rights=view(SEQUENCE)),
    command_operation(
        "POST", "sequences", "sequence create", scope=Scope.WRITE, rights=add(SEQUENCE), status=201
    ),
    *(
        command_operation(
            "POST", f"sequences/{{name}}/{verb}", f"sequence {verb}",
            scope=scope, rights=change(SEQUENCE),
        )
        for verb, scope in {
            "start": Scope.SEND, "stop": Scope.SEND, "end": Scope.SEND,
            "archive": Scope.WRITE, "restore": Scope.WRITE,
        }.items()
    ),
    *(
        command_operation(
            "POST", f"sequences/{{name}}/{verb}", f"sequence {verb}", scope=Scope.SEND,
            rights=("campaigns.approve_campaign",), fixed={"by": USER},
        )
        for verb in ("approve", "reject")
    ),
    command_operation(
        "GET", "sequences/{name}/status", "sequence status", scope=Scope.READ,
        rights=view(SEQUENCE),
    ),
)  # fmt: skip

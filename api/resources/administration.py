"""The users, and who changed what. Both are only read: a token makes no user and no other token."""

from __future__ import annotations

from api.pipeline.command_operation import command_operation
from api.resources.rights import view
from api.scopes import Scope

OPERATIONS = (
    command_operation("GET", "users", "users list", scope=Scope.ADMIN, rights=view("auth.user")),
    command_operation(
        "GET", "audit", "audit list", scope=Scope.ADMIN, rights=view("audit.auditentry")
    ),
)

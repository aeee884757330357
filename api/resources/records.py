"""Users and the audit trail: read only. A program does not decide who signs in."""

from __future__ import annotations

from api.pipeline.command_operation import command_operation
from api.resources.rights import view
from api.scopes import Scope

_TYPES = {"csv": "text/csv; charset=utf-8"}

OPERATIONS = (
    command_operation(
        "GET", "users", "users list", scope=Scope.ADMIN, rights=view("auth.user")
    ),
    command_operation(
        "GET", "audit", "audit list", scope=Scope.ADMIN, rights=view("audit.auditentry")
    ),
    command_operation(
        "GET", "audit/export", "audit export", scope=Scope.ADMIN,
        rights=view("audit.auditentry"), file_types=_TYPES,
    ),
)  # fmt: skip

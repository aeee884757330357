"""Users, the audit trail and the log of requests: read only. No program decides who signs in."""

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
    command_operation(
        "GET", "requests", "api_requests", scope=Scope.ADMIN, rights=view("api.apirequest"),
        schemas={"after": {"type": "integer", "minimum": 0, "maximum": 2**62}},
    ),
)  # fmt: skip

"""The operations that are open to the tokens of restricted users. All others answer 403.

An operation gets in here after it was looked through: everything that it finds, it finds through
the managers of tables (`restrictions.managers`), and what it names or counts belongs to the user's
part. The test with two tenants then asks it for the other's names and numbers.

Segments, sequences, snippets and rules stay closed: they are for the whole installation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.pipeline.operation import Operation

OPEN = frozenset(
    {
        "GET accounts/status",
        "POST accounts/enable",
        "POST accounts/login",
        "POST accounts/logout",
        "POST accounts/rest",
        "POST accounts/schedule",
        "POST accounts/stat",
        "POST accounts/sync",
        "POST campaigns",
        "POST campaigns/import",
        "GET campaigns/{name}/export",
        "GET campaigns/{name}/figures",
        "GET campaigns/{name}/occurrences",
        "GET campaigns/{name}/rehearsal",
        "GET campaigns/{name}/report",
        "GET campaigns/{name}/status",
        "GET campaigns/{name}/unknown",
        "POST campaigns/{name}/add-late-comers",
        "DELETE campaigns/{name}",
        "POST campaigns/{name}/approve",
        "POST campaigns/{name}/archive",
        "POST campaigns/{name}/cancel",
        "POST campaigns/{name}/choose",
        "POST campaigns/{name}/clone",
        "POST campaigns/{name}/move-start",
        "POST campaigns/{name}/pace",
        "POST campaigns/{name}/pause",
        "POST campaigns/{name}/preflight",
        "POST campaigns/{name}/reject",
        "POST campaigns/{name}/resolve",
        "POST campaigns/{name}/restore",
        "POST campaigns/{name}/resume",
        "POST campaigns/{name}/retry",
        "POST campaigns/{name}/schedule",
        "POST campaigns/{name}/start",
        "POST campaigns/{name}/test",
        "GET friends",
        "GET friends/requests",
        "POST friends/accept",
        "POST friends/add",
        "POST friends/find",
        "POST friends/info",
        "POST friends/presence",
        "POST friends/refuse",
        "POST friends/remove",
        "GET imports",
        "GET imports/{id}",
        "POST imports",
        "GET inbox",
        "GET inbox/export",
        "GET inbox/show",
        "POST inbox/answer",
        "POST inbox/close",
        "POST inbox/label",
        "POST inbox/note",
        "POST inbox/read",
        "POST inbox/reopen",
        "GET messages",
        "GET messages/{id}",
        "POST messages",
        "GET pools",
        "GET pools/{name}",
        "GET suppressions",
        "POST suppressions",
        "POST suppressions/remove",
        "GET templates",
        "GET templates/{name}",
        "GET templates/{name}/preview",
        "GET templates/{name}/versions",
        "POST templates",
        "DELETE templates/{name}",
        "POST templates/{name}/archive",
        "POST templates/{name}/restore",
        "POST templates/{name}/versions",
        "PATCH templates/{name}",
        "GET tokens",
        "DELETE tokens/{name}",
    }
)
#: Parameters without which an operation would be about the whole installation.
NEEDED = {
    "GET suppressions": "list",
    "POST suppressions": "list",
    "POST suppressions/remove": "list",
}


def is_open(operation: Operation, values: Mapping[str, Any]) -> bool:
    """Return whether a restricted user may ask for an operation with these parameters."""
    key = f"{operation.method} {operation.path}"
    needed = NEEDED.get(key)
    return key in OPEN and (needed is None or bool(values.get(needed)))

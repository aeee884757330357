"""Sender accounts, pools, warm-up curves, friends."""

from __future__ import annotations

from api.pipeline.command_operation import command_operation
from api.pipeline.command_parameters import INTEGER
from api.resources.rights import add, change, delete, view
from api.scopes import Scope

ACCOUNT, POOL, CURVE = "accounts.account", "accounts.accountpool", "accounts.warmupcurve"
_ID = {"type": "integer", "minimum": 0, "maximum": 2**62}
_FILE = "a table with the columns uin and password: CSV, XLSX or XLS"

OPERATIONS = (
    command_operation(
        "POST", "accounts/import", "import_accounts", scope=Scope.ADMIN,
        rights=(*add(ACCOUNT), *change(ACCOUNT)), upload=_FILE, is_whole=False,
        schemas={"header_row": {"type": "integer", "minimum": 0, "maximum": 9_999_999}},
    ),
    command_operation(
        "GET", "accounts/status", "accounts status", scope=Scope.READ, rights=view(ACCOUNT)
    ),
    *(
        command_operation(
            "POST", f"accounts/{verb}", f"accounts {verb}", scope=Scope.SEND,
            rights=change(ACCOUNT),
        )
        for verb in ("login", "logout", "sync", "stat", "schedule", "rest", "enable", "warm-up")
    ),
    command_operation("GET", "pools", "pool list", scope=Scope.READ, rights=view(POOL)),
    command_operation(
        "POST", "pools", "pool create", scope=Scope.WRITE, rights=add(POOL), status=201
    ),
    *(
        command_operation(
            "POST", f"pools/{{name}}/{verb}", f"pool {verb}", scope=Scope.WRITE,
            rights=change(POOL),
        )
        for verb in ("add", "remove", "archive", "restore")
    ),
    command_operation(
        "GET", "pools/{name}", "pool show", scope=Scope.READ, rights=view(POOL)
    ),
    command_operation(
        "DELETE", "pools/{name}", "pool delete", scope=Scope.WRITE, rights=delete(POOL)
    ),
    command_operation(
        "GET", "warm-up-curves", "warm_up_curve list", scope=Scope.READ, rights=view(CURVE)
    ),
    command_operation(
        "POST", "warm-up-curves", "warm_up_curve create", scope=Scope.ADMIN, rights=add(CURVE),
        status=201,
    ),
    command_operation(
        "DELETE", "warm-up-curves/{name}", "warm_up_curve delete", scope=Scope.ADMIN,
        rights=delete(CURVE),
    ),
    command_operation(
        "GET", "friends", "friends list", scope=Scope.READ, rights=view("accounts.friend"),
        schemas={"after": _ID, "limit": INTEGER},
    ),
    command_operation(
        "GET", "friends/requests", "friends requests", scope=Scope.READ,
        rights=view("accounts.friendrequest"), schemas={"after": _ID, "limit": INTEGER},
    ),
    *(
        command_operation(
            "POST", f"friends/{verb}", f"friends {verb}", scope=Scope.SEND,
            rights=change("accounts.friendrequest"),
        )
        for verb in ("accept", "refuse")
    ),
    *(
        command_operation(
            "POST", f"friends/{verb}", f"friends {verb}", scope=Scope.SEND,
            rights=add("accounts.friendlink"),
        )
        for verb in ("add", "remove")
    ),
    *(
        command_operation(
            "POST", f"friends/{verb}", f"friends {verb}", scope=Scope.SEND,
            rights=(*view("accounts.friend"), *change(ACCOUNT)),
        )
        for verb in ("info", "find", "presence")
    ),
)  # fmt: skip

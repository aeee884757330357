"""People: lists by import, segments, attributes, suppressions."""

from __future__ import annotations

from api.pipeline.command_operation import command_operation
from api.pipeline.command_parameters import INTEGER
from api.resources.rights import add, change, delete, view
from api.scopes import Scope
from foundation.uins import UIN_MAX

SEGMENT, ATTRIBUTE = "contacts.segment", "contacts.attribute"
SUPPRESSION, IMPORT = "contacts.suppression", "contacts.contactimport"
_FILE = "a table: CSV, XLSX or XLS"
_CSV = {"csv": "text/csv; charset=utf-8"}
_ID = {"type": "integer", "minimum": 1, "maximum": 2**62}
_LINE = {"header_row": {"type": "integer", "minimum": 0, "maximum": 9_999_999}}

OPERATIONS = (
    command_operation(
        "POST", "imports/undo", "undo_import", scope=Scope.WRITE, rights=change(IMPORT),
        schemas={"import_id": _ID}, is_whole=False,
    ),
    command_operation("GET", "segments", "segment list", scope=Scope.READ, rights=view(SEGMENT)),
    command_operation(
        "POST", "segments", "segment create", scope=Scope.WRITE, rights=add(SEGMENT), status=201
    ),
    command_operation(
        "GET", "segments/{name}/count", "segment count", scope=Scope.READ, rights=view(SEGMENT)
    ),
    command_operation(
        "GET", "segments/{name}/people", "segment people", scope=Scope.READ,
        rights=view(SEGMENT, "contacts.contact"),
        schemas={
            "limit": {"type": "integer", "minimum": 1, "maximum": 1000},
            "after": {"type": "integer", "minimum": 0, "maximum": UIN_MAX},
        },
    ),
    *(
        command_operation(
            "POST", f"segments/{{name}}/{verb}", f"segment {verb}", scope=Scope.WRITE,
            rights=change(SEGMENT),
        )
        for verb in ("archive", "restore")
    ),
    command_operation(
        "GET", "segments/{name}", "segment show", scope=Scope.READ, rights=view(SEGMENT)
    ),
    command_operation(
        "PATCH", "segments/{name}", "segment edit", scope=Scope.WRITE, rights=change(SEGMENT),
        is_definition=True,
    ),
    command_operation(
        "DELETE", "segments/{name}", "segment delete", scope=Scope.WRITE, rights=delete(SEGMENT)
    ),
    command_operation(
        "GET", "attributes", "attributes list", scope=Scope.READ, rights=view(ATTRIBUTE)
    ),
    command_operation(
        "POST", "attributes/{name}/type", "attributes type", scope=Scope.WRITE,
        rights=change(ATTRIBUTE), is_whole=False,
    ),
    command_operation(
        "POST", "attributes/{name}/merge", "attributes merge", scope=Scope.WRITE,
        rights=(*change(ATTRIBUTE), *delete(ATTRIBUTE)), is_whole=False,
    ),
    command_operation(
        "GET", "suppressions", "suppressions list", scope=Scope.READ, rights=view(SUPPRESSION)
    ),
    command_operation(
        "POST", "suppressions", "suppressions add", scope=Scope.WRITE, rights=add(SUPPRESSION)
    ),
    command_operation(
        "POST", "suppressions/remove", "suppressions remove", scope=Scope.WRITE,
        rights=delete(SUPPRESSION),
    ),
    command_operation(
        "POST", "suppressions/import", "suppressions import", scope=Scope.WRITE,
        rights=(*add(SUPPRESSION), *change(SUPPRESSION)), upload=_FILE, schemas=_LINE,
        is_whole=False,
    ),
    command_operation(
        "GET", "suppressions/export", "suppressions export", scope=Scope.READ,
        rights=view(SUPPRESSION), file_types=_CSV,
    ),
    command_operation(
        "GET", "suppressions/opt-outs", "suppressions opt-outs", scope=Scope.READ,
        rights=view("sending.optout"), schemas={"before": _ID, "limit": INTEGER},
    ),
    command_operation(
        "POST", "suppressions/undo-opt-out", "suppressions undo-opt-out", scope=Scope.WRITE,
        rights=change("sending.optout"),
        schemas={"ids": {"type": "array", "items": _ID, "minItems": 1, "maxItems": 1000}},
    ),
    command_operation(
        "GET", "suppressions/confirm-opt-outs", "suppressions confirm-opt-outs", scope=Scope.READ,
        rights=view("sending.optoutsettings"), hidden=("is_confirmed", "text"),
    ),
    command_operation(
        "PATCH", "suppressions/confirm-opt-outs", "suppressions confirm-opt-outs",
        scope=Scope.ADMIN, rights=change("sending.optoutsettings"), is_definition=True,
    ),
)  # fmt: skip

"""The overall report, saved reports, and their mails."""

from __future__ import annotations

from api.pipeline.command_operation import command_operation
from api.resources.rights import add, change, delete, view
from api.scopes import Scope

REPORT = "campaigns.savedreport"
#: One label as a text, as before there could be several.
_LABELS = {"type": ["string", "array"], "items": {"type": "string"}, "maxItems": 10_000}

OPERATIONS = (
    command_operation(
        "GET", "report", "report", scope=Scope.READ, rights=view("campaigns.campaignrun"),
        hidden=("file", "format"),
    ),
    command_operation(
        "GET", "reports", "report saved", scope=Scope.READ, rights=view(REPORT)
    ),
    command_operation(
        "PUT", "reports/{name}", "report save", scope=Scope.WRITE,
        rights=(*add(REPORT), *change(REPORT)), schemas={"label": _LABELS},
    ),
    command_operation(
        "DELETE", "reports/{name}", "report delete", scope=Scope.WRITE, rights=delete(REPORT)
    ),
    command_operation(
        "PUT", "reports/{name}/schedule", "report schedule", scope=Scope.WRITE,
        rights=change(REPORT),
    ),
    command_operation(
        "DELETE", "reports/{name}/schedule", "report unschedule", scope=Scope.WRITE,
        rights=change(REPORT),
    ),
    command_operation(
        "GET", "report-mails", "report mails", scope=Scope.READ,
        rights=view("campaigns.reportmail"),
        schemas={"after": {"type": "integer", "minimum": 0, "maximum": 2**62}},
    ),
)  # fmt: skip

"""Campaigns: defined, checked, started, stopped, looked at."""

from __future__ import annotations

from api.pipeline.command_operation import USER, command_operation
from api.pipeline.operation import Answer, Call, Operation, Parameter
from api.resources.rights import add, change, delete, view
from api.scopes import Scope
from campaigns.commands.preflight import preflight_data, rehearsal_under_way
from campaigns.find import find_campaign
from campaigns.rehearsals.lifecycle import newest_rehearsal
from campaigns.rehearsals.result import preflight_of, rehearsal_data
from campaigns.states import OPEN_REHEARSAL_STATES, RehearsalState

CAMPAIGN = "campaigns.campaign"
#: What a run is answered with by the operations that change it.
RUN = {
    "type": "object",
    "required": ["campaign", "run", "state", "sentence"],
    "properties": {
        "campaign": {"type": "string"},
        "run": {"type": "integer"},
        "state": {"type": "string"},
        "sentence": {"type": "string"},
    },
}
_COUNT = {"type": "integer", "minimum": 0}
STATUS = {
    "type": "object",
    "required": ["state", "targeted", "pending", "sending", "sent", "failed", "skipped"],
    "properties": {
        "state": {"type": "string"},
        "targeted": _COUNT,
        "pending": _COUNT,
        "sending": _COUNT,
        "sent": _COUNT,
        "failed": _COUNT,
        "skipped": _COUNT,
        "cancelled": _COUNT,
        "unknown": _COUNT,
        "res": {"type": "object", "additionalProperties": _COUNT},
        "rate_per_second": {"type": ["number", "null"]},
        "eta": {"type": ["string", "null"]},
        "run": {"type": ["integer", "null"]},
        "reasons": {"type": "object"},
        "why": {"type": "array", "items": {"type": "string"}},
    },
}
_QUIET = {"override_quiet_hours": "campaigns.override_quiet_hours"}
#: A number a minute, or "none" for no rate of its own.
_RATE = {"type": ["integer", "string"], "minimum": 1, "maximum": 10**9, "pattern": "^none$"}
_PACE = {"per_minute": _RATE}
_REPORT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


NAME = Parameter("name", {"type": "string"}, place="path", is_required=True)


def _rehearsal(call: Call) -> Answer:
    """Answer what POST preflight answers to a small audience, of the newest rehearsal."""
    rehearsal = newest_rehearsal(find_campaign(name=str(call.values["name"])))
    if rehearsal is not None and rehearsal.state in OPEN_REHEARSAL_STATES:
        return Answer(rehearsal_under_way(rehearsal))
    if rehearsal is None or rehearsal.state != RehearsalState.DONE:
        return Answer({"rehearsal": rehearsal_data(rehearsal)})
    return Answer(preflight_data(preflight_of(rehearsal), rehearsal))


OPERATIONS = (
    command_operation(
        "POST", "campaigns", "campaign create", scope=Scope.WRITE, rights=add(CAMPAIGN),
        rights_of=_QUIET, schemas=_PACE, status=201,
    ),
    command_operation(
        "POST", "campaigns/import", "campaign import", scope=Scope.WRITE, rights=add(CAMPAIGN),
        upload="the YAML of a definition, as export wrote it", status=201,
    ),
    command_operation(
        "GET", "campaigns/{name}/status", "campaign status", scope=Scope.READ,
        rights=view(CAMPAIGN), answer=STATUS,
    ),
    command_operation(
        "POST", "campaigns/{name}/preflight", "campaign preflight", scope=Scope.WRITE,
        rights=(*change(CAMPAIGN), *view("contacts.contact")), is_whole=False, later="ask",
    ),
    Operation(
        "GET", "campaigns/{name}/rehearsal",
        "The newest rehearsal: how far it is, and with what it ended",
        _rehearsal, Scope.READ, rights=(*view(CAMPAIGN), *view("contacts.contact")),
        read_parameters=lambda: (NAME,),
    ),
    command_operation(
        "POST", "campaigns/{name}/start", "campaign start", scope=Scope.SEND,
        rights=change(CAMPAIGN), fixed={"by": USER},
    ),
    *(
        command_operation(
            "POST", f"campaigns/{{name}}/{verb}", f"campaign {verb}", scope=Scope.SEND,
            rights=change(CAMPAIGN), answer=RUN,
        )
        for verb in ("pause", "resume", "cancel", "add-late-comers", "retry")
    ),
    *(
        command_operation(
            "POST", f"campaigns/{{name}}/{verb}", f"campaign {verb}", scope=Scope.SEND,
            rights=("campaigns.approve_campaign",), fixed={"by": USER},
        )
        for verb in ("approve", "reject")
    ),
    command_operation(
        "GET", "campaigns/{name}/occurrences", "campaign occurrences", scope=Scope.READ,
        rights=view(CAMPAIGN), schemas={"next": {"type": "integer", "minimum": 1, "maximum": 100}},
    ),
    command_operation(
        "POST", "campaigns/{name}/move-start", "campaign move-start", scope=Scope.SEND,
        rights=change(CAMPAIGN),
    ),
    command_operation(
        "POST", "campaigns/{name}/schedule", "campaign schedule", scope=Scope.SEND,
        rights=change(CAMPAIGN),
    ),
    command_operation(
        "POST", "campaigns/{name}/choose", "campaign choose", scope=Scope.SEND,
        rights=change(CAMPAIGN),
    ),
    command_operation(
        "POST", "campaigns/{name}/pace", "campaign pace", scope=Scope.SEND,
        rights=change(CAMPAIGN), schemas=_PACE,
    ),
    command_operation(
        "GET", "campaigns/{name}/unknown", "campaign unknown", scope=Scope.READ,
        rights=view("sending.delivery"),
    ),
    command_operation(
        "POST", "campaigns/{name}/resolve", "campaign resolve", scope=Scope.SEND,
        rights=change("sending.delivery"),
    ),
    command_operation(
        "POST", "campaigns/{name}/clone", "campaign clone", scope=Scope.WRITE,
        rights=(*view(CAMPAIGN), *add(CAMPAIGN)), status=201,
    ),
    command_operation(
        "GET", "campaigns/{name}/export", "campaign export", scope=Scope.READ,
        rights=view(CAMPAIGN), file_types={"yaml": "application/yaml"},
    ),
    *(
        command_operation(
            "POST", f"campaigns/{{name}}/{verb}", f"campaign {verb}", scope=Scope.WRITE,
            rights=change(CAMPAIGN),
        )
        for verb in ("archive", "restore")
    ),
    command_operation(
        "POST", "campaigns/{name}/test", "campaign test", scope=Scope.SEND,
        rights=change(CAMPAIGN),
    ),
    command_operation(
        "GET", "campaigns/{name}/figures", "campaign figures", scope=Scope.READ,
        rights=view(CAMPAIGN),
    ),
    command_operation(
        "GET", "campaigns/{name}/report", "campaign report", scope=Scope.READ,
        rights=view("sending.delivery"), file_types=_REPORT_TYPES,
    ),
    command_operation(
        "GET", "campaigns/{name}/notifications", "notifications campaign", scope=Scope.READ,
        rights=view("campaigns.campaignnotifications"),
        hidden=("events", "off", "addresses", "webhook", "secret_file", "bad_share", "by"),
    ),
    command_operation(
        "PATCH", "campaigns/{name}/notifications", "notifications campaign", scope=Scope.WRITE,
        rights=change("campaigns.campaignnotifications"), hidden=("secret_file",),
        fixed={"by": USER}, is_definition=True,
    ),
    command_operation(
        "DELETE", "campaigns/{name}", "campaign delete", scope=Scope.WRITE,
        rights=delete(CAMPAIGN),
    ),
)  # fmt: skip

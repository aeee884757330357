"""What holds for all campaigns: words, hours, limits, labels, approval, notifications."""

from __future__ import annotations

from api.pipeline.command_operation import USER, command_operation
from api.pipeline.operation import Operation
from api.resources.rights import add, change, delete, view
from api.scopes import Scope

_WORDS = "a word on each line, or a table"


def _words(path: str, command: str, model: str) -> tuple[Operation, ...]:
    return (
        command_operation("GET", path, f"{command} list", scope=Scope.READ, rights=view(model)),
        command_operation(
            "POST", path, f"{command} add", scope=Scope.ADMIN, rights=add(model)
        ),
        command_operation(
            "POST", f"{path}/remove", f"{command} remove", scope=Scope.ADMIN,
            rights=delete(model),
        ),
        command_operation(
            "POST", f"{path}/import", f"{command} import", scope=Scope.ADMIN,
            rights=(*add(model), *change(model)), upload=_WORDS,
        ),
    )  # fmt: skip


QUIET, CAP, LABEL = "sending.quiethours", "campaigns.defaultcap", "labels.label"
HOLIDAYS, APPROVAL = "campaigns.holidaycalendar", "campaigns.approvalsettings"
NOTIFICATION = "campaigns.notification"

OPERATIONS = (
    *_words("forbidden-words", "forbidden_words", "sending.forbiddenword"),
    *_words("opt-out-words", "opt_out_words", "sending.optoutword"),
    command_operation(
        "GET", "quiet-hours", "quiet_hours list", scope=Scope.READ, rights=view(QUIET)
    ),
    command_operation(
        "POST", "quiet-hours", "quiet_hours add", scope=Scope.ADMIN, rights=add(QUIET)
    ),
    command_operation(
        "POST", "quiet-hours/remove", "quiet_hours remove", scope=Scope.ADMIN,
        rights=delete(QUIET),
    ),
    command_operation(
        "GET", "frequency-cap", "frequency_cap show", scope=Scope.READ, rights=view(CAP)
    ),
    command_operation(
        "PUT", "frequency-cap", "frequency_cap set", scope=Scope.ADMIN,
        rights=(*add(CAP), *change(CAP)), is_definition=True,
    ),
    command_operation(
        "DELETE", "frequency-cap", "frequency_cap unset", scope=Scope.ADMIN, rights=delete(CAP)
    ),
    command_operation(
        "GET", "holidays", "holidays list", scope=Scope.READ, rights=view(HOLIDAYS)
    ),
    command_operation(
        "POST", "holidays/import", "holidays import", scope=Scope.ADMIN,
        rights=(*add(HOLIDAYS), *change(HOLIDAYS)), upload="the dates of a calendar",
    ),
    command_operation(
        "GET", "holidays/{name}", "holidays show", scope=Scope.READ, rights=view(HOLIDAYS)
    ),
    command_operation("GET", "labels", "label list", scope=Scope.READ, rights=view(LABEL)),
    command_operation(
        "POST", "labels", "label create", scope=Scope.WRITE, rights=add(LABEL), status=201
    ),
    *(
        command_operation(
            "POST", f"labels/{{name}}/{verb}", f"label {verb}", scope=Scope.WRITE,
            rights=change(LABEL),
            rights_of={
                "account": "accounts.change_account",
                "campaign": "campaigns.change_campaign",
                "list": "contacts.change_contactlist",
                "template": "campaigns.change_messagetemplate",
            },
        )
        for verb in ("add", "remove")
    ),
    command_operation(
        "DELETE", "labels/{name}", "label delete", scope=Scope.WRITE, rights=delete(LABEL)
    ),
    command_operation(
        "GET", "approval", "approval show", scope=Scope.READ, rights=view(APPROVAL)
    ),
    *(
        command_operation(
            "POST", f"approval/{verb}", f"approval {verb}", scope=Scope.ADMIN,
            rights=change(APPROVAL), fixed={"by": USER},
        )
        for verb in ("require", "lift")
    ),
    command_operation(
        "GET", "notifications", "notifications list", scope=Scope.READ,
        rights=view(NOTIFICATION),
        schemas={"after": {"type": "integer", "minimum": 0, "maximum": 2**62}},
    ),
    command_operation(
        "POST", "notifications/retry", "notifications retry", scope=Scope.SEND,
        rights=change(NOTIFICATION), fixed={"by": USER},
    ),
    command_operation(
        "GET", "notifications/mine", "notifications user", scope=Scope.READ,
        fixed={"name": USER}, hidden=("events", "off", "address", "language"),
    ),
    command_operation(
        "PATCH", "notifications/mine", "notifications user", scope=Scope.WRITE,
        fixed={"name": USER}, is_definition=True,
    ),
)  # fmt: skip

"""Imports of contacts into a list: uploaded here, done by the jobs worker."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.utils.translation import gettext as _

from api.pipeline.command_parameters import CommandArguments
from api.pipeline.operation import Answer, Call, Operation, Parameter
from api.resources.rights import add, change, view
from api.scopes import Scope
from contacts.imports.data import import_data
from contacts.imports.files import read_blocks
from contacts.imports.upload_into import list_to_import, upload_as_told
from contacts.models import ContactImport
from contacts.tasks import wake_import
from foundation.refusals import Refusal
from foundation.times import utc_iso

_ID = {"type": "integer", "minimum": 1, "maximum": 2**62}
#: By the title of a column, or by the name of an attribute.
_CHOICES = {"type": "object", "additionalProperties": {"type": "string"}}
COMMAND = "import_contacts"


@cache
def _arguments() -> CommandArguments:
    return CommandArguments(
        COMMAND,
        "",
        hidden=("file",),
        schemas={
            "mapping": _CHOICES,
            "types": _CHOICES,
            "header_row": {"type": "integer", "minimum": 0, "maximum": 9_999_999},
        },
    )


def _parameters() -> list[Parameter]:
    own = _arguments().parameters(path=(), is_reading=True)
    name = {"type": "string", "maxLength": 200}
    return [*own, Parameter("file_name", name, "query", words="shown as the name of the file")]


def _upload(call: Call) -> Answer:
    assert call.upload is not None
    name = call.values.get("file_name", "upload")
    options = _arguments().options(
        {key: value for key, value in call.values.items() if key != "file_name"}
    )
    with list_to_import(options["list_name"]) as (contact_list, _is_new):
        made = upload_as_told(
            blocks=read_blocks(call.upload),
            file_name=name,
            contact_list=contact_list,
            options=options,
            by=call.user,
        )
    wake_import(made.pk)
    return Answer(_data(made), 202)


def _show(call: Call) -> Answer:
    return Answer(_data(_found(call.values["id"])))


def _list(call: Call) -> Answer:
    rows = ContactImport.objects.select_related("contact_list")
    if "after" in call.values:
        rows = rows.filter(pk__lt=call.values["after"])
    limit = call.values.get("limit", 100)
    found = list(rows.order_by("-pk")[: limit + 1])
    items = [_data(one) for one in found[:limit]]
    return Answer({"items": items, "next": items[-1]["id"] if len(found) > limit else None})


def _data(one: ContactImport) -> dict[str, Any]:
    return {
        "id": one.pk,
        "state": one.state,
        "problem": str(one.problem) or None,
        "created_at": utc_iso(one.created_at),
        **import_data(one),
    }


def _found(key: int) -> ContactImport:
    found: ContactImport | None = (
        ContactImport.objects.select_related("contact_list").filter(pk=key).first()
    )
    if found is None:
        raise Refusal(_("There is no import %(id)d.") % {"id": key}, code="import_unknown")
    return found


_PAGE = (
    Parameter("after", _ID, "query", words="the `next` of an earlier answer"),
    Parameter("limit", {"type": "integer", "minimum": 1, "maximum": 1000}, "query"),
)
OPERATIONS = (
    Operation(
        "POST", "imports", "Import contacts into a list: the answer names the import", _upload,
        Scope.WRITE,
        rights=(*add("contacts.contactimport", "contacts.contact"), *change("contacts.contact")),
        read_parameters=_parameters, upload="a table: CSV, XLSX or XLS", is_whole=False,
        command=COMMAND, statuses=(202,),
    ),
    Operation(
        "GET", "imports", "List imports, newest first", _list, Scope.READ,
        rights=view("contacts.contactimport"), read_parameters=lambda: _PAGE,
    ),
    Operation(
        "GET", "imports/{id}", "Show an import: its state, its figures, its first problems",
        _show, Scope.READ, rights=view("contacts.contactimport"),
        read_parameters=lambda: (Parameter("id", _ID, "path", True, "the import"),),
    ),
)  # fmt: skip

"""The command `import_contacts FILE --list NAME`: imports contacts from a table into a list."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from contacts.imports.data import import_data
from contacts.imports.files import read_blocks
from contacts.imports.run import run_import
from contacts.imports.upload_into import list_to_import, upload_as_told
from contacts.models import ContactImport, ContactList
from contacts.states import ImportPolicy, ImportState
from foundation.command_log import log_added
from foundation.commands import OperatorCommand
from foundation.refusals import Refusal
from tabular.arguments import add_layout_arguments
from tabular.given_files import given_file


class Command(OperatorCommand):
    """Import contacts from a file into a list, in this process."""

    help = (
        "Import contacts into a list. CSV (any encoding, any delimiter), XLSX or XLS with a "
        "column uin (or qq, QQ号, 号码); name is the name, every other column an attribute."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--list", dest="list_name", required=True, metavar="NAME")
        parser.add_argument(
            "--mapping",
            type=_choices,
            default={},
            metavar="COLUMN=FIELD,..",
            help="the meaning of columns: uin, name, an attribute's name, or nothing to leave out",
        )
        parser.add_argument(
            "--types",
            type=_choices,
            default={},
            metavar="ATTRIBUTE=TYPE,..",
            help="the types of attributes: text, number, date, date:dmy, date:mdy, date:ymd or "
            "yes_no; default: the type they have, else what all cells of the first rows can be "
            "read as",
        )
        add_layout_arguments(parser)
        parser.add_argument("--policy", choices=ImportPolicy.values, default=ImportPolicy.OVERWRITE)
        self.add_json_argument(parser)

    def perform(self, **options: Any) -> None:
        with (
            given_file(options["file"]) as path,
            list_to_import(options["list_name"]) as (contact_list, is_new),
        ):
            done = self._load(path, contact_list, options)
        if is_new:
            log_added(contact_list)
        self._answer(done, as_json=options["json"])

    def _load(
        self, path: Path, contact_list: ContactList, options: dict[str, Any]
    ) -> ContactImport:
        contact_import = upload_as_told(
            blocks=read_blocks(path),
            file_name=options["file"].name,
            contact_list=contact_list,
            options=options,
        )
        run_import(import_id=contact_import.pk)
        contact_import.refresh_from_db()
        return contact_import

    def _answer(self, done: ContactImport, *, as_json: bool) -> None:
        loaded = done.created + done.updated + done.unchanged
        data = import_data(done)
        rejects = data["rejects_file"]
        if done.state != ImportState.DONE:
            raise Refusal(
                done.problem
                or _("State of the import: %(state)s.") % {"state": done.get_state_display()},
                code="import_" + done.state,
                **data,
            )
        if done.rejected and not loaded:
            raise Refusal(
                _("No row was imported. First reasons: %(reasons)s. All rejected rows: %(file)s")
                % {"reasons": _reasons(done.first_problems), "file": rejects},
                code="nothing_imported",
                **data,
            )
        text = _(
            "%(rows)d rows: %(created)d new people, %(updated)d changed, %(unchanged)d unchanged, "
            "%(rejected)d rejected; list %(list)s."
        ) % {**data}
        if done.sheet:
            text += "\n" + _("Sheet %(sheet)s, header in line %(line)d.") % {
                "sheet": done.sheet,
                "line": done.header_line,
            }
        read = {name: words for name, words in done.types.items() if words != "text"}
        if read:
            text += "\n" + _("Types: %(types)s.") % {
                "types": ", ".join(f"{name}={words}" for name, words in read.items())
            }
        text += "".join("\n" + note for note in done.read_notes)
        if rejects:
            text += "\n" + _("First rejected rows: %(reasons)s. All rejected rows: %(file)s") % {
                "reasons": _reasons(done.first_problems),
                "file": rejects,
            }
        self.answer(data, as_json=as_json, text=text)


def _choices(text: str) -> dict[str, str]:
    pairs = [pair for pair in text.split(",") if pair.strip()]
    if any("=" not in pair for pair in pairs):
        raise argparse.ArgumentTypeError("write COLUMN=FIELD, several separated by commas")
    return {key.strip(): value.strip() for key, _equals, value in (p.partition("=") for p in pairs)}


def _reasons(errors: list[dict[str, Any]]) -> str:
    return "; ".join(
        _("line %(line)d: %(reason)s") % {"line": e["line"], "reason": e["reason"]}
        for e in errors[:3]
    )

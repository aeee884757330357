"""The command `import_accounts FILE`: imports accounts from a table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from accounts.imports.import_accounts import AccountImport, import_accounts
from foundation.commands import OperatorCommand
from foundation.refusals import Refusal
from tabular.arguments import add_layout_arguments
from tabular.given_files import given_file


class Command(OperatorCommand):
    """Import accounts from a file; passwords are stored as encrypted digests only."""

    help = (
        "Import accounts. Columns uin,password and optionally name,min_interval,per_minute,"
        "per_hour,per_day,egress,status (online, busy, invisible). The file is not kept."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--egress", default="", metavar="NAME", help="for accounts whose row has no egress"
        )
        add_layout_arguments(parser)
        self.add_json_argument(parser)

    def perform(self, **options: Any) -> None:
        egress = options["egress"].strip()
        if len(egress) > 64:
            raise Refusal(_("An egress name has at most 64 characters."), code="egress_name")
        with given_file(options["file"]) as path:
            done = import_accounts(
                path=path,
                name=options["file"].name,
                egress=egress,
                encoding=options["encoding"],
                delimiter=options["delimiter"],
                sheet=options["sheet"],
                header_line=options["header_row"],
            )
        data = {
            "created": done.created,
            "updated": done.updated,
            "unchanged": done.unchanged,
            "rejected": done.rejected,
            "rows": done.rows,
            "rejects_file": str(done.rejects_file) if done.rejects_file else None,
            "list": None,
            "errors": done.errors,
            "sheet": done.sheet or None,
        }
        if done.rejected == done.rows and done.rows:
            raise Refusal(
                _(
                    "No account was imported. First reasons: %(reasons)s. "
                    "All rejected rows: %(file)s"
                )
                % {"reasons": _reasons(done), "file": done.rejects_file},
                code="nothing_imported",
                **data,
            )
        text = _(
            "%(rows)d rows: %(created)d new accounts, %(updated)d changed, "
            "%(unchanged)d unchanged, %(rejected)d rejected."
        ) % {**data}
        if done.rejected:
            text += "\n" + _("First rejected rows: %(reasons)s. All rejected rows: %(file)s") % {
                "reasons": _reasons(done),
                "file": done.rejects_file,
            }
        self.answer(data, as_json=options["json"], text=text)


def _reasons(done: AccountImport) -> str:
    return "; ".join(
        _("line %(line)d: %(reason)s") % {"line": error["line"], "reason": error["reason"]}
        for error in done.errors[:3]
    )

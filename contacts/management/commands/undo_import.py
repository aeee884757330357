"""The command `undo_import ID`: takes an import back."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from contacts.imports.undo import request_undo, undo_import
from contacts.models import ContactImport
from contacts.states import ImportState
from foundation.commands import OperatorCommand
from foundation.refusals import Refusal


class Command(OperatorCommand):
    """Take an import back, in this process."""

    help = (
        "Take an import back: the memberships it added, the values it changed, and the people it "
        "created unless something else refers to them. Without an ID, list the latest imports."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("import_id", type=int, nargs="?", metavar="ID")
        self.add_json_argument(parser)

    def perform(self, **options: Any) -> None:
        if options["import_id"] is None:
            self._list(as_json=options["json"])
            return
        contact_import = ContactImport.objects.filter(pk=options["import_id"]).first()
        if contact_import is None:
            raise Refusal(
                _("There is no import %(id)d.") % {"id": options["import_id"]}, code="no_import"
            )
        if contact_import.state != ImportState.UNDOING:
            request_undo(contact_import=contact_import)
        if not undo_import(import_id=contact_import.pk):
            raise Refusal(_("A worker is taking this import back at the moment."), code="busy")
        contact_import.refresh_from_db()
        data = {"id": contact_import.pk, "state": contact_import.state}
        self.answer(data, as_json=options["json"], text=_("The import has been taken back."))

    def _list(self, *, as_json: bool) -> None:
        imports = ContactImport.objects.select_related("contact_list")[:20]
        rows = [
            {
                "id": row.pk,
                "file": row.file_name,
                "list": str(row.contact_list or ""),
                "state": row.state,
                "created": row.created,
                "updated": row.updated,
            }
            for row in imports
        ]
        text = "\n".join("  ".join(str(value) for value in row.values()) for row in rows)
        self.answer(rows, as_json=as_json, text=text or _("There are no imports."))

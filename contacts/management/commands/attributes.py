"""The command `attributes list|type|merge`."""

from __future__ import annotations

import argparse
from typing import Any

from django.utils.translation import gettext as _

from contacts.models import Attribute
from contacts.people.attribute_types import set_attribute_types
from contacts.people.attribute_work import attributes_with_work, work_on_attribute
from contacts.people.attributes import find_attribute
from contacts.people.merge_attributes import merge_attributes
from contacts.typed_values.types import type_named
from foundation.command_log import log_changed
from foundation.commands import OperatorCommand
from foundation.refusals import Refusal
from foundation.sentences import Sentence

HELP = {
    "list": "show the attributes, their types, and how many values cannot be read",
    "type": "change the type of an attribute, and read its values again",
    "merge": "move the values of an attribute into another one, and remove it",
}


class Command(OperatorCommand):
    """Show attributes, change their types, and merge them, in this process."""

    help = "Attributes of contacts: list them, change their types, merge two."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        for action, words in HELP.items():
            one = actions.add_parser(action, help=words, description=words)
            if action != "list":
                one.add_argument("name", metavar="NAME")
            if action == "type":
                one.add_argument(
                    "type",
                    metavar="TYPE",
                    help="text, number, date, date:ymd, date:dmy, date:mdy or yes_no",
                )
            if action == "merge":
                one.add_argument("into", metavar="INTO")
                one.add_argument(
                    "--keep",
                    choices=["target", "source"],
                    default="target",
                    help="if a person has both: keep the value of INTO (target, the default) "
                    "or of NAME (source)",
                )
            self.add_json_argument(one)

    def perform(self, **options: Any) -> None:
        if options["action"] == "list":
            self._show(as_json=options["json"])
            return
        row = _attribute_named(options["name"])
        if options["action"] == "type":
            set_attribute_types({row.name: type_named(options["type"])})
            work_on_attribute(attribute_id=row.pk)
            row.refresh_from_db()
            log_changed(row, fields=["kind"])
            data = _as_data(row)
            text = _("%(name)s is %(type)s. Values that cannot be read: %(unread)d.") % data
        else:
            into = _attribute_named(options["into"])
            is_target_kept = options["keep"] == "target"
            merge_attributes(source=row, into=into, is_target_kept=is_target_kept)
            data = {"merged": row.name, "into": into.name, "kept": options["keep"]}
            said = Sentence("%(merged)s is merged into %(into)s.")
            log_changed(into, said=said % data)
            for pk in (row.pk, into.pk):
                if pk in attributes_with_work():
                    work_on_attribute(attribute_id=pk)
            text = _("%(merged)s is merged into %(into)s.") % data
        self.answer(data, as_json=options["json"], text=text)

    def _show(self, *, as_json: bool) -> None:
        rows = [_as_data(row) for row in Attribute.objects.order_by("name")]
        text = "\n".join(f"{row['name']}  {row['type']}  {row['unread']}" for row in rows)
        self.answer(rows, as_json=as_json, text=text or _("There are no attributes."))


def _as_data(row: Attribute) -> dict[str, Any]:
    return {
        "name": row.name,
        "type": str(row.value_type) or "text",
        "unread": row.unread,
        "reading": row.read_up_to is not None,
        "merging_into": row.merging_into.name if row.merging_into else None,
    }


def _attribute_named(name: str) -> Attribute:
    """Return the attribute of exactly this name, else the one that looks alike."""
    found = find_attribute(name)
    if found is None:
        raise Refusal(
            _("There is no attribute “%(name)s”.") % {"name": name[:100]}, code="attribute_unknown"
        )
    return found

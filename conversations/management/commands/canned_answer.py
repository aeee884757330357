"""The command `canned_answer save|list|show|delete`."""

from __future__ import annotations

import argparse
from typing import Any

from django.utils.translation import gettext as _

from campaigns.commands.free_text import FreeTextParser, message_argument
from conversations.answers.canned import find_canned, save_canned
from conversations.models import CannedAnswer
from foundation.commands import OperatorCommand
from foundation.deletion import delete_row
from foundation.terminal_tables import table
from foundation.times import utc_iso

HELP = {
    "save": "create a canned answer, or give it another text",
    "show": "show a canned answer",
    "delete": "delete a canned answer",
}


class Command(OperatorCommand):
    """Save, list, show and delete canned answers."""

    help = "Canned answers, texts that operators put into an answer: save, list, show, delete."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        actions = parser.add_subparsers(
            dest="action", required=True, metavar="ACTION", parser_class=FreeTextParser
        )
        for action, words in HELP.items():
            one = actions.add_parser(action, help=words, description=words)
            one.add_argument("name", metavar="NAME", help="the canned answer")
            if action == "save":
                one.add_argument(
                    "--text", type=message_argument, required=True, metavar="T",
                    help="the text, with the variables of a template",
                )  # fmt: skip
            self.add_json_argument(one)
        words = "list the canned answers"
        self.add_json_argument(actions.add_parser("list", help=words, description=words))

    def perform(self, **options: Any) -> None:
        action = options["action"]
        if action == "list":
            rows = list(CannedAnswer.objects.order_by("name"))
            lines = [(row.name, row.text.replace("\n", " ⏎ ")[:80]) for row in rows]
            self.answer(
                {"items": [_data(row) for row in rows], "next": None},
                as_json=options["json"],
                text=table(heading=(_("name"), _("text")), rows=lines)
                if rows
                else _("There are no canned answers."),
            )
            return
        if action == "save":
            row = save_canned(name=options["name"], text=options["text"])
        else:
            row = find_canned(name=options["name"])
        if action == "delete":
            delete_row(row=row)
            words = _("The canned answer “%(name)s” is deleted.") % {"name": row.name}
            data = {"name": row.name, "deleted": True}
            self.answer(data, as_json=options["json"], text=words)
        else:
            self.answer(_data(row), as_json=options["json"], text=row.text)


def _data(row: CannedAnswer) -> dict[str, Any]:
    return {"name": row.name, "text": row.text, "updated_at": utc_iso(row.updated_at)}

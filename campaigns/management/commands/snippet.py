"""The command `snippet`: create, edit, list, show and keep snippets."""

from __future__ import annotations

import argparse
from typing import Any

from django.utils.translation import gettext as _

from campaigns.commands.free_text import FreeTextParser, message_argument
from campaigns.commands.input_file import read_text_file
from campaigns.find import find_snippet
from campaigns.models import Snippet
from campaigns.writing.snippets import save_snippet, users_of, users_sentence
from foundation.archiving import archive_row, restore_row
from foundation.commands import OperatorCommand
from foundation.deletion import delete_row
from foundation.times import utc_iso
from texts.snippets import spelled_snippet

HELP = {
    "create": "create a snippet",
    "edit": "replace the text of a snippet; it holds for runs that are made from now on",
    "show": "show a snippet and what uses it",
    "archive": "take it out of lists; texts that use it keep working",
    "restore": "offer an archived snippet again",
    "delete": "delete it; refused while a text uses it",
}


class Command(OperatorCommand):
    """Create, edit, list, show, archive, restore and delete snippets."""

    help = "Snippets, named pieces of text: create, edit, list, show, archive, restore, delete."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        actions = parser.add_subparsers(
            dest="action", required=True, metavar="ACTION", parser_class=FreeTextParser
        )
        for action, words in HELP.items():
            one = actions.add_parser(action, help=words, description=words)
            one.add_argument("name", metavar="NAME", help="the snippet")
            if action in ("create", "edit"):
                text = one.add_mutually_exclusive_group(required=True)
                text.add_argument("--text", type=message_argument, metavar="T", help="the text")
                text.add_argument("--file", metavar="F", help="a UTF-8 file; - for standard input")
            self.add_json_argument(one)
        words = "list the snippets"
        one = actions.add_parser("list", help=words, description=words)
        one.add_argument("--archived", action="store_true", help="the archived ones instead")
        self.add_json_argument(one)

    def perform(self, **options: Any) -> None:
        action = options["action"]
        if action == "list":
            self._list(options)
        elif action == "create":
            snippet = Snippet(name=options["name"], text=_text(options))
            save_snippet(snippet=snippet)
            self._answer(snippet, options, _("The snippet “%(name)s” is created: %(tag)s"))
        else:
            getattr(self, f"_{action}")(find_snippet(name=options["name"]), options)

    def _edit(self, snippet: Snippet, options: dict[str, Any]) -> None:
        snippet.text = _text(options)
        save_snippet(snippet=snippet)
        words = _("The snippet “%(name)s” is saved.")
        self._answer(snippet, options, f"{words} {users_sentence(snippet)}".strip())

    def _list(self, options: dict[str, Any]) -> None:
        rows = Snippet.objects.filter(archived_at__isnull=not options["archived"])
        items = [_data(one) for one in rows.order_by("name")]
        self.answer(
            {"items": items, "next": None},
            as_json=options["json"],
            text="\n".join(f"{item['tag']}  {item['text'][:80]}" for item in items)
            or _("There are no snippets."),
        )

    def _show(self, snippet: Snippet, options: dict[str, Any]) -> None:
        used = [str(user) for user in users_of(snippet)]
        text = "\n\n".join(filter(None, (snippet.text, users_sentence(snippet))))
        self.answer({**_data(snippet), "used_by": used}, as_json=options["json"], text=text)

    def _archive(self, snippet: Snippet, options: dict[str, Any]) -> None:
        archive_row(row=snippet)
        self._answer(snippet, options, _("The snippet “%(name)s” is archived."))

    def _restore(self, snippet: Snippet, options: dict[str, Any]) -> None:
        restore_row(row=snippet)
        self._answer(snippet, options, _("The snippet “%(name)s” is restored."))

    def _delete(self, snippet: Snippet, options: dict[str, Any]) -> None:
        name = snippet.name
        delete_row(row=snippet)
        self.answer(
            {"snippet": name, "deleted": True},
            as_json=options["json"],
            text=_("The snippet “%(name)s” is deleted.") % {"name": name},
        )

    def _answer(self, snippet: Snippet, options: dict[str, Any], words: str) -> None:
        used = [str(user) for user in users_of(snippet)]
        self.answer(
            {**_data(snippet), "used_by": used},
            as_json=options["json"],
            text=words.replace("%(name)s", snippet.name).replace(
                "%(tag)s", spelled_snippet(snippet.name)
            ),
        )


def _text(options: dict[str, Any]) -> str:
    file = options["file"]
    return read_text_file(file) if file is not None else str(options["text"])


def _data(snippet: Snippet) -> dict[str, Any]:
    return {
        "name": snippet.name,
        "text": snippet.text,
        "tag": spelled_snippet(snippet.name),
        "updated_at": utc_iso(snippet.updated_at),
        "archived_at": utc_iso(snippet.archived_at),
    }

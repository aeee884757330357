"""The command `opt_out_words list|add|remove|import`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from foundation.commands import OperatorCommand
from foundation.refusals import Refusal
from foundation.times import utc_iso
from sending.models import OptDirection, OptOutWord, WordMatch
from sending.opt_outs.word_file import import_words
from sending.opt_outs.word_list import add_words, remove_words


class Command(OperatorCommand):
    """List, add, remove and import opt-out words."""

    help = "Words by which people opt out, or in again, in a reply: list, add, remove, import."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        words = "list the words"
        self.add_json_argument(actions.add_parser("list", help=words, description=words))
        words = "add words; a reply that is one opts its person out at once"
        add = actions.add_parser("add", help=words, description=words)
        add.add_argument("words", nargs="+", metavar="WORD")
        add.add_argument("--note", default="", metavar="TEXT", help="why, stored with the words")
        words = "take words off the list"
        remove = actions.add_parser("remove", help=words, description=words)
        remove.add_argument("words", nargs="+", metavar="WORD")
        self.add_json_argument(remove)
        words = (
            "add the words of a file: a word on each line, or columns “word”, “match”, “direction”"
        )
        one = actions.add_parser("import", help=words, description=words)
        one.add_argument("file", type=Path, metavar="FILE")
        for parser_of in (add, one):
            parser_of.add_argument(
                "--match",
                choices=WordMatch.values,
                default=WordMatch.EXACT.value,
                help="the reply is the word (default), or begins with it",
            )
            parser_of.add_argument(
                "--direction",
                choices=OptDirection.values,
                default=OptDirection.OUT.value,
                help="opt out (default), or in again",
            )
            self.add_json_argument(parser_of)

    def perform(self, **options: Any) -> None:
        getattr(self, f"_{options['action']}")(options)

    def _list(self, options: dict[str, Any]) -> None:
        items = [
            {
                "word": row.word,
                "match": row.match,
                "direction": row.direction,
                "note": row.note,
                "created_at": utc_iso(row.created_at),
            }
            for row in OptOutWord.objects.order_by("direction", "word")
        ]
        self.answer(
            {"items": items, "next": None},
            as_json=options["json"],
            text="\n".join(
                "  ".join(
                    filter(None, (item["direction"], item["word"], item["match"], item["note"]))
                )
                for item in items
            )
            or _("There are no opt-out words: nobody can opt out by a reply."),
        )

    def _add(self, options: dict[str, Any]) -> None:
        new, known = add_words(
            words=options["words"],
            match=options["match"],
            direction=options["direction"],
            note=options["note"].strip(),
        )
        self._answer_added(new, known, options)

    def _import(self, options: dict[str, Any]) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise Refusal(_("There is no file %(path)s.") % {"path": path}, code="no_such_file")
        new, known = import_words(path=path, match=options["match"], direction=options["direction"])
        self._answer_added(new, known, options)

    def _remove(self, options: dict[str, Any]) -> None:
        removed = remove_words(words=options["words"])
        self.answer(
            {"removed": removed},
            as_json=options["json"],
            text=_("Words removed: %(n)d.") % {"n": removed},
        )

    def _answer_added(self, new: int, known: int, options: dict[str, Any]) -> None:
        words = _("%(new)d words are new, %(known)d were on the list.")
        self.answer(
            {"added": new, "already": known},
            as_json=options["json"],
            text=words % {"new": new, "known": known},
        )

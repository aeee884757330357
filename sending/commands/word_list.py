"""The command of a list of words: `list|add|remove|import`."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from foundation.commands import OperatorCommand
from foundation.times import utc_iso
from sending.word_lists import WordList
from tabular.given_files import given_file


class WordListCommand(OperatorCommand):
    """List, add, remove and import words.

    Attributes:
        words: the list.
        nothing: the sentence about an empty list, marked for translation.
        order: the order in which the words are listed.
        shown: the columns of a word in its JSON.
        line: the same columns in the order of a line of text.
        add_help, import_help: what these actions do.
        options: by the name of a column, its option: the `flag` and the values of `add_argument`.
        add_words, import_words: the services, called with the options by the columns' names.
    """

    words: ClassVar[WordList]
    nothing: ClassVar[str]
    order: ClassVar[Collection[str]]
    shown: ClassVar[Collection[str]]
    line: ClassVar[Collection[str]]
    add_help: ClassVar[str]
    import_help: ClassVar[str]
    options: ClassVar[Mapping[str, Mapping[str, Any]]]
    add_words: ClassVar[Callable[..., tuple[int, int]]]
    import_words: ClassVar[Callable[..., tuple[int, int]]]

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        words = "list the words"
        self.add_json_argument(actions.add_parser("list", help=words, description=words))
        add = actions.add_parser("add", help=self.add_help, description=self.add_help)
        add.add_argument("words", nargs="+", metavar="WORD")
        add.add_argument("--note", default="", metavar="TEXT", help="why, stored with the words")
        words = "take words off the list"
        remove = actions.add_parser("remove", help=words, description=words)
        remove.add_argument("words", nargs="+", metavar="WORD")
        self.add_json_argument(remove)
        one = actions.add_parser("import", help=self.import_help, description=self.import_help)
        one.add_argument("file", type=Path, metavar="FILE")
        for parser_of in (add, one):
            for name, option in self.options.items():
                values = dict(option)
                parser_of.add_argument(values.pop("flag"), dest=f"word_{name}", **values)
            self.add_json_argument(parser_of)

    def perform(self, **options: Any) -> None:
        getattr(self, f"_{options['action']}")(options)

    def _list(self, options: dict[str, Any]) -> None:
        rows = self.words.model.objects.order_by(*self.order)
        items = [
            {
                **{name: getattr(row, name) for name in self.shown},
                "created_at": utc_iso(row.created_at),
            }
            for row in rows
        ]
        lines = ["  ".join(filter(None, (item[name] for name in self.line))) for item in items]
        self.answer(
            {"items": items, "next": None},
            as_json=options["json"],
            text="\n".join(lines) or _(self.nothing),
        )

    def _add(self, options: dict[str, Any]) -> None:
        note = options["note"].strip()
        added = type(self).add_words(words=options["words"], note=note, **self._values(options))
        self._answer_added(added, options)

    def _import(self, options: dict[str, Any]) -> None:
        with given_file(options["file"]) as path:
            added = type(self).import_words(
                path=path, file_name=options["file"].name, **self._values(options)
            )
        self._answer_added(added, options)

    def _values(self, options: dict[str, Any]) -> dict[str, Any]:
        return {name: options[f"word_{name}"] for name in self.options}

    def _remove(self, options: dict[str, Any]) -> None:
        removed = self.words.remove(words=options["words"])
        self.answer(
            {"removed": removed},
            as_json=options["json"],
            text=_("Words removed: %(n)d.") % {"n": removed},
        )

    def _answer_added(self, added: tuple[int, int], options: dict[str, Any]) -> None:
        new, known = added
        words = _("%(new)d words are new, %(known)d were on the list.")
        self.answer(
            {"added": new, "already": known},
            as_json=options["json"],
            text=words % {"new": new, "known": known},
        )

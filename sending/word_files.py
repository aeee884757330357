"""Reading words of a list from a file: any table, or a text with a word on each line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction

from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from sending.word_lists import WordList
from tabular import FileProblem, open_table, plain_title, titled_columns
from tabular.changing_files import refuse_changed, state_of


@dataclass(frozen=True)
class WordColumn:
    """A column beside the words.

    Attributes:
        titles: how it may be called.
        choices: how each of its values may be written.
        wrong: the sentence about another value, marked for translation, with `%(text)s` and, if
            wanted, `%(known)s`.
    """

    titles: Sequence[str]
    choices: Mapping[str, Sequence[str]]
    wrong: str


@dataclass(frozen=True)
class WordFile:
    """The files from which a list takes words.

    Attributes:
        words: the list.
        titles: how the column with the words may be called.
        columns: the columns beside it, by the list's column that each fills.
    """

    words: WordList
    titles: Sequence[str]
    columns: Mapping[str, WordColumn]

    def add_to_list(
        self, *, path: Path, file_name: str, usual: Mapping[str, str], by: Any = None
    ) -> tuple[int, int]:
        """Add the words of a file to the list.

        Args:
            path: the file. Without titles the first column has the words.
            file_name: what the operator calls the file; "" for the name of the path.
            usual: the values of a word for which the file has none.
            by: the operator.

        Returns:
            how many words are new, and how many were on the list.

        Raises:
            Refusal: the file cannot be read, was changed meanwhile, has a wrong row, or no words
                (`no_words`); nothing was changed.
        """
        name = file_name or path.name
        new = known = 0
        before = state_of(path)
        read = self._read(path, name, usual)
        refuse_changed(path, since=before)
        with transaction.atomic():
            for values, words in read.items():
                added, found = self.words.add(
                    words=words, values=dict(zip(self.columns, values, strict=True)), note=name,
                    by=by,
                )  # fmt: skip
                new, known = new + added, known + found
        return new, known

    def _read(
        self, path: Path, file_name: str, usual: Mapping[str, str]
    ) -> Mapping[tuple[str, ...], list[str]]:
        """Return the words by their values, in the order of `columns`."""
        places: dict[str, int] | None = None
        words: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
        count = 0
        try:
            for line, cells, problem in open_table(path, name=file_name).rows():
                if problem:
                    raise _wrong(line, problem)
                if places is None:
                    places = self._places(cells)
                    if places:
                        continue
                    places = {"word": 0}
                word = _cell(cells, places.get("word"))
                if not word.strip():
                    continue
                values = tuple(
                    _choice(_cell(cells, places.get(name)), column, line, usual=usual[name])
                    for name, column in self.columns.items()
                )
                try:
                    words[values].append(self.words.clean(word))
                except Refusal as refusal:
                    raise _wrong(line, refusal.sentence) from None
                count += 1
                if count > self.words.most:
                    raise Refusal(
                        _("The file has more than %(most)d words.") % {"most": self.words.most},
                        code="too_many_words",
                    )
        except FileProblem as problem:
            raise Refusal(problem.sentence, code=problem.code) from None
        if not count:
            raise Refusal(
                _("The file has no words: write one on each line, or in a column “word”."),
                code="no_words",
            )
        return words

    def _places(self, cells: Sequence[str]) -> dict[str, int]:
        """Return the place of each column, by its title; empty if the row is not a header."""
        titles = {name: tuple(column.titles) for name, column in self.columns.items()}
        places = titled_columns(cells, {"word": tuple(self.titles), **titles})
        return places if places is not None and "word" in places else {}


def _cell(cells: Sequence[str], place: int | None) -> str:
    return cells[place] if place is not None and place < len(cells) else ""


def _choice(text: str, column: WordColumn, line: int, *, usual: str) -> str:
    plain = plain_title(text[:100])
    if not plain:
        return usual
    for choice, words in column.choices.items():
        if plain in [plain_title(word) for word in words]:
            return choice
    known = ", ".join(column.choices)
    raise _wrong(line, _(column.wrong) % {"text": text[:50], "known": known})


def _wrong(line: int, problem: Any) -> Refusal:
    return Refusal(
        _("Line %(line)d: %(problem)s") % {"line": line, "problem": problem},
        code="row_wrong",
        line=line,
    )

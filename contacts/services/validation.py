"""A row of cells becomes a person, or a reason why not. One implementation: dry run and run."""

from __future__ import annotations

from collections.abc import Sequence
from json.encoder import encode_basestring as _encoded
from typing import TypeAlias

from contacts.models import UIN_MAX, UIN_MIN
from contacts.services.columns import ATTRIBUTE, NAME, UIN
from foundation.sentences import Sentence as _
from tabular import FirstLines, whole_number
from tabular.numbers import CellProblem

LONGEST_NAME = 255
LONGEST_ATTRIBUTE = 10_000
_MOST_REASONS = 1_000

#: (UIN, name, attributes as JSON text): what is loaded.
Person: TypeAlias = tuple[int, str, str]

_DEFUSED = tuple("=+-@\t\r\n|%＝＋－＠")


class RowProblem(ValueError):
    """A row that is not loaded.

    Attributes:
        column: the title of the column, "" when it is the whole row.
        reason: why, for the operator.
    """

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column
        self.reason = reason


class PersonReader:
    """Turns rows into persons; knows where each UIN of the file was seen first."""

    def __init__(self, *, columns: Sequence[str], mapping: Sequence[str]) -> None:
        self._columns = columns
        self._width = len(columns)
        self._uin = list(mapping).index(UIN)
        self._name = list(mapping).index(NAME) if NAME in mapping else None
        # The JSON is written by hand: json.dumps of a dict costs three times as much, and a
        # million rows pay.
        numbers = [n for n, field in enumerate(mapping) if field.startswith(ATTRIBUTE)]
        self._attributes = [
            (_encoded(mapping[n].removeprefix(ATTRIBUTE)) + ":", n) for n in numbers
        ]
        # Translated once, not once a row.
        self._duplicate = _("duplicate of line %(line)d")
        self._seen = FirstLines()
        # A bad cell is seldom alone: blanks, dashes, "none".
        self._reasons: dict[str, str] = {}

    def read(self, line: int, cells: list[str], problem: str = "") -> Person:
        """Return the person of a row.

        Args:
            line: the row's line, for "duplicate of line n".
            cells: the row.
            problem: what the reader of the file found wrong with it.

        Raises:
            RowProblem: the row is not loaded.
        """
        if problem:
            raise RowProblem("", problem)
        if len(cells) != self._width:
            cells = self._fitted(cells)
        cell = cells[self._uin]
        # The common case without a call; anything odd is looked at closely.
        uin = int(cell) if cell.isascii() and cell.isdigit() and len(cell) <= 10 else 0
        if not UIN_MIN <= uin <= UIN_MAX:
            uin = self._parsed(cell)
        name = cells[self._name].strip() if self._name is not None else ""
        if len(name) > LONGEST_NAME:
            raise RowProblem(self._columns[self._name or 0], self._too_long(name, LONGEST_NAME))
        if name[:1] == "'":
            name = undefused(name)
        attributes = self._json(cells)
        first = self._seen.note(uin, line)
        if first:
            raise RowProblem(self._columns[self._uin], self._duplicate % {"line": first})
        return uin, name, attributes

    def _json(self, cells: list[str]) -> str:
        text = ",".join(
            [
                key + _encoded(value)
                for key, number in self._attributes
                if (value := cells[number].strip())
            ]
        )
        if len(text) > LONGEST_ATTRIBUTE or ":\"'" in text:
            text = self._odd_json(cells)
        return "{" + text + "}"

    def _odd_json(self, cells: list[str]) -> str:
        """The same where a value may be too long, or defused by an export of ours."""
        parts = []
        for key, number in self._attributes:
            value = cells[number].strip()
            if len(value) > LONGEST_ATTRIBUTE:
                raise RowProblem(self._columns[number], self._too_long(value, LONGEST_ATTRIBUTE))
            if value:
                parts.append(key + _encoded(undefused(value)))
        return ",".join(parts)

    def _fitted(self, cells: list[str]) -> list[str]:
        extra = cells[self._width :]
        if any(cell.strip() for cell in extra):
            raise RowProblem(
                "",
                _("too many columns: %(found)d, the header has %(expected)d")
                % {"found": len(cells), "expected": self._width},
            )
        return cells[: self._width] + [""] * (self._width - len(cells))

    def _parsed(self, cell: str) -> int:
        reason = self._reasons.get(cell)
        if reason is None:
            try:
                return whole_number(cell, least=UIN_MIN, most=UIN_MAX)
            except CellProblem as problem:
                reason = problem.reason
            if len(self._reasons) < _MOST_REASONS:
                self._reasons[cell] = reason
        raise RowProblem(self._columns[self._uin], reason)

    def _too_long(self, value: str, most: int) -> str:
        return _("too long: %(length)d characters, at most %(most)d") % {
            "length": len(value),
            "most": most,
        }


def undefused(value: str) -> str:
    """Take back the apostrophe that our own exports put before a cell a spreadsheet would run."""
    return value[1:] if value[:1] == "'" and value[1:].startswith(_DEFUSED) else value

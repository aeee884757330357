"""A row of cells becomes a person, or a reason why not. One implementation: dry run and run."""

from __future__ import annotations

from collections.abc import Sequence
from json.encoder import encode_basestring as _encoded
from typing import TypeAlias

from contacts.imports.columns import ATTRIBUTE, NAME, UIN
from contacts.models import UIN_MAX, UIN_MIN
from contacts.people.attributes import LONGEST_ATTRIBUTE
from foundation.sentences import Sentence as _
from tabular import CellProblem, FirstLines, qq_number, strip_text_formula, unescape_formula

LONGEST_NAME = 255
_MOST_REASONS = 1_000

#: (UIN, name, attributes as JSON text): what is loaded.
Person: TypeAlias = tuple[int, str, str]

#: How a cell begins that is not what it shows: defused by our exports, guarded, or an error.
_MARKS = "'=#"
#: What a spreadsheet shows where it has no value.
_ERRORS = frozenset(
    {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"}
)


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
    """Turns rows into persons; knows where each UIN of the file was seen first.

    Args:
        columns: the titles.
        mapping: what each column is; see `contacts.imports.columns`.
        kind: the file's. In a text a cell too many comes from a comma too many, and all behind it
            is shifted; in a workbook it is a note beside the table.
    """

    def __init__(
        self, *, columns: Sequence[str], mapping: Sequence[str], kind: str = "csv"
    ) -> None:
        self._is_text = kind == "csv"
        self._columns = columns
        #: Up to the last column that has a title or a meaning; beside it are notes.
        pairs = enumerate(zip(columns, mapping, strict=False), 1)
        self._width = max(number for number, pair in pairs if any(pair))
        self._most = len(columns)
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
        self._mails = self._beside = 0
        self._first_beside: tuple[int, str] = (0, "")

    @property
    def notes(self) -> list[str]:
        """What was taken differently than it stands there, in sentences."""
        notes: list[str] = []
        if self._mails:
            notes.append(
                _("Mail addresses of QQ in place of numbers: %(count)d. Their numbers are taken.")
                % {"count": self._mails}
            )
        if self._beside:
            line, text = self._first_beside
            notes.append(
                _(
                    "Cells without a title, which are left out: %(count)d. The first, in line "
                    "%(line)d: %(text)s"
                )
                % {"count": self._beside, "line": line, "text": text[:100]}
            )
        return notes

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
            cells = self._fitted(line, cells)
        cell = cells[self._uin]
        # The common case without a call; anything odd is looked at closely.
        uin = int(cell) if cell.isascii() and cell.isdigit() and len(cell) <= 10 else 0
        if not UIN_MIN <= uin <= UIN_MAX:
            uin = self._parsed(cell)
        name = cells[self._name].strip() if self._name is not None else ""
        if name and name[0] in _MARKS:
            name = meant(name)
        if len(name) > LONGEST_NAME:
            raise RowProblem(self._columns[self._name or 0], self._too_long(name, LONGEST_NAME))
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
        # The marks, each at the beginning of a value; spelled out, for a million rows pass here.
        is_marked = ":\"'" in text or ':"=' in text or ':"#' in text
        if is_marked or len(text) > LONGEST_ATTRIBUTE:
            text = self._odd_json(cells)
        return "{" + text + "}"

    def _odd_json(self, cells: list[str]) -> str:
        """The same where a value may be too long, or not what it shows."""
        parts = []
        for key, number in self._attributes:
            value = meant(cells[number].strip())
            if len(value) > LONGEST_ATTRIBUTE:
                raise RowProblem(self._columns[number], self._too_long(value, LONGEST_ATTRIBUTE))
            if value:
                parts.append(key + _encoded(value))
        return ",".join(parts)

    def _fitted(self, line: int, cells: list[str]) -> list[str]:
        extra = [cell for cell in cells[self._width :] if cell.strip()]
        if extra and self._is_text and any(cell.strip() for cell in cells[self._most :]):
            raise RowProblem(
                "",
                _("too many columns: %(found)d, the header has %(expected)d")
                % {"found": len(cells), "expected": self._most},
            )
        if extra and not self._beside:
            self._first_beside = (line, extra[0].strip())
        self._beside += len(extra)
        return cells[: self._width] + [""] * (self._width - len(cells))

    def _parsed(self, cell: str) -> int:
        reason = self._reasons.get(cell)
        if reason is None:
            try:
                number = qq_number(cell, least=UIN_MIN, most=UIN_MAX)
                self._mails += "@" in cell or "＠" in cell
                return number
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


def meant(value: str) -> str:
    """Return what a cell is meant to say.

    Our own exports put an apostrophe before what a spreadsheet would run, others ="..." around what
    it would take for a number; and an error is no value.
    """
    if value in _ERRORS or (len(value) > 4 and not value.strip("#")):
        return ""
    return unescape_formula(strip_text_formula(value))


def is_blank(cells: Sequence[str]) -> bool:
    """Return whether a row holds nothing but blanks."""
    return not any(cell.strip() for cell in cells)

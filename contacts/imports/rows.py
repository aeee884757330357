"""Reading a row of cells as a person, or rejecting it with a reason; for dry runs and imports."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from json.encoder import encode_basestring as _encoded
from typing import Any, TypeAlias

from contacts.imports.cells import MARKS, meant
from contacts.imports.fields import ATTRIBUTE, NAME, UIN, title_notes
from contacts.imports.typed_cells import readings_json, typed_columns
from contacts.typed_values.characters import LONGEST_ATTRIBUTE
from contacts.typed_values.types import ValueType
from foundation.names import blank_if_invisible
from foundation.sentences import Sentence as _
from foundation.uins import UIN_MAX, UIN_MIN
from tabular import (
    CellProblem,
    FirstLines,
    RowProblem,
    qq_number,
)

#: Characters of a name.
LONGEST_NAME = 255
#: Duplicates whose reason is a sentence, which can be stored and translated; making one takes as
#: long as reading a row. The reasons of further ones are text. More are never stored.
_MOST_SENTENCES = 20
#: The most bad cells whose reason is remembered.
_MOST_REASONS = 1_000

#: The beginning of a value in JSON that may show nothing: neither a letter, a digit nor ASCII.
_UNSEEN = re.compile(r':"[^\w\x00-\x7f]|:"[\u115f\u1160\u3164\uffa0]')
#: (UIN, name, attributes as JSON text), and the readings as JSON text if an attribute has a type.
Person: TypeAlias = tuple[int, str, str] | tuple[int, str, str, str]


class PersonReader:
    """Reads rows as people, and rejects a UIN that occurred before in the file.

    Args:
        columns: the titles.
        mapping: the meaning of each column; see `contacts.imports.columns`.
        kind: the kind of the file. In a text file ("csv") an extra cell means an extra delimiter,
            so the cells after it are shifted and the row is rejected. In a workbook it is a note
            beside the table and is ignored.
        types: the types of attributes; those of the others are texts.

    Attributes:
        width: the number of columns up to the last one with a title or a meaning; cells beyond it
            are notes.
        uin, name: the numbers of these columns, from 0; `name` is None without one.
        attributes: (the beginning of the member in JSON, the number) of the attributes' columns.
        typed: those of them whose attribute has a type.
        seen: the UINs so far.
    """

    def __init__(
        self,
        *,
        columns: Sequence[str],
        mapping: Sequence[str],
        kind: str = "csv",
        types: Mapping[str, ValueType] | None = None,
    ) -> None:
        self._is_text = kind == "csv"
        self._columns, self._mapping = columns, mapping
        pairs = enumerate(zip(columns, mapping, strict=False), 1)
        self.width = max(number for number, pair in pairs if any(pair))
        self._most = len(columns)
        self.uin = list(mapping).index(UIN)
        self.name = list(mapping).index(NAME) if NAME in mapping else None
        # The JSON is assembled from encoded strings: json.dumps of a dict takes three times as
        # long, which matters for a million rows.
        numbers = [n for n, field in enumerate(mapping) if field.startswith(ATTRIBUTE)]
        self.attributes = [(_encoded(mapping[n].removeprefix(ATTRIBUTE)) + ":", n) for n in numbers]
        self.typed = typed_columns(mapping, types or {})
        # Translated once and not for each row.
        self._duplicate = _("duplicate of line %(line)d")
        self._duplicate_text = str(self._duplicate)
        self.seen = FirstLines()
        # The reason of each bad cell: the same ones (blanks, dashes, "none") recur in a file.
        self._reasons: dict[str, str] = {}
        self._mails = self._beside = self._duplicates = 0
        self._first_beside: tuple[int, str] = (0, "")

    @property
    def notes(self) -> list[str]:
        """Sentences about cells that were left out or read differently."""
        notes: list[str] = title_notes(self._columns, self._mapping)
        if self._mails:
            notes.append(
                _("QQ mail addresses in place of numbers: %(count)d. The numbers in them are used.")
                % {"count": self._mails}
            )
        if self._beside:
            line, text = self._first_beside
            notes.append(
                _(
                    "Cells without a column title, which are left out: %(count)d. The first is in "
                    "line %(line)d: %(text)s"
                )
                % {"count": self._beside, "line": line, "text": text[:100]}
            )
        return notes + [note for column in self.typed for note in column.notes]

    @property
    def unread(self) -> list[dict[str, Any]]:
        """The cells that could not be read as their type, as `ContactImport.unread`."""
        return [column.as_unread() for column in self.typed if column.count]

    def read(self, line: int, cells: list[str], problem: str = "") -> Person:
        """Return the person of a row.

        Args:
            line: the row's line in the file, for "duplicate of line n".
            cells: the cells.
            problem: the reason why the file's reader rejects the row, "" if it does not.

        Raises:
            RowProblem: the row is rejected.
        """
        if problem:
            raise RowProblem("", problem)
        if len(cells) != self.width:
            cells = self._fitted(line, cells)
        cell = cells[self.uin]
        # The common case needs no call; `_parsed` handles all other spellings.
        uin = int(cell) if cell.isascii() and cell.isdigit() and len(cell) <= 10 else 0
        if not UIN_MIN <= uin <= UIN_MAX:
            uin = self._parsed(cell)
        name = cells[self.name].strip() if self.name is not None else ""
        if name and name[0] in MARKS:
            name = meant(name)
        if not name.isascii():
            name = blank_if_invisible(name)
        if len(name) > LONGEST_NAME:
            raise RowProblem(self._columns[self.name or 0], self._too_long(name, LONGEST_NAME))
        attributes = self._json(cells)
        first = self.seen.note(uin, line)
        if first:
            raise self.duplicate_of(first)
        if self.typed:
            return uin, name, attributes, readings_json(self.typed, cells)
        return uin, name, attributes

    def duplicate_of(self, line: int) -> RowProblem:
        """Return the reason to reject a UIN that occurred first on a line."""
        self._duplicates += 1
        if self._duplicates > _MOST_SENTENCES:
            return RowProblem(self._columns[self.uin], self._duplicate_text % {"line": line})
        return RowProblem(self._columns[self.uin], self._duplicate % {"line": line})

    def refused(self, cell: str) -> RowProblem | None:
        """Return the reason to reject a UIN that was rejected before in the file, if it was."""
        reason = self._reasons.get(cell)
        return RowProblem(self._columns[self.uin], reason) if reason is not None else None

    def _json(self, cells: list[str]) -> str:
        text = ",".join(
            [
                key + _encoded(value)
                for key, number in self.attributes
                if (value := cells[number].strip())
            ]
        )
        # One of MARKS at the beginning of a value. Written out, because it runs for every row.
        is_marked = ":\"'" in text or ':"=' in text or ':"#' in text
        # A value without a visible character begins with an invisible one.
        is_marked = is_marked or (not text.isascii() and bool(_UNSEEN.search(text)))
        if is_marked or len(text) > LONGEST_ATTRIBUTE:
            text = self._odd_json(cells)
        return "{" + text + "}"

    def _odd_json(self, cells: list[str]) -> str:
        """Return the same JSON, with each value checked for its length and its first character."""
        parts = []
        for key, number in self.attributes:
            value = blank_if_invisible(meant(cells[number].strip()))
            if len(value) > LONGEST_ATTRIBUTE:
                raise RowProblem(self._columns[number], self._too_long(value, LONGEST_ATTRIBUTE))
            if value:
                parts.append(key + _encoded(value))
        return ",".join(parts)

    def _fitted(self, line: int, cells: list[str]) -> list[str]:
        extra = [cell for cell in cells[self.width :] if cell.strip()]
        if extra and self._is_text and any(cell.strip() for cell in cells[self._most :]):
            raise RowProblem(
                "",
                _("too many columns: %(found)d, the header has %(expected)d")
                % {"found": len(cells), "expected": self._most},
            )
        if extra and not self._beside:
            self._first_beside = (line, extra[0].strip())
        self._beside += len(extra)
        return cells[: self.width] + [""] * (self.width - len(cells))

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
        raise RowProblem(self._columns[self.uin], reason)

    def _too_long(self, value: str, most: int) -> str:
        return _("too long: %(length)d characters, at most %(most)d") % {
            "length": len(value),
            "most": most,
        }


def is_blank(cells: Sequence[str]) -> bool:
    """Return whether all cells of a row are blank."""
    return not any(map(str.strip, cells))

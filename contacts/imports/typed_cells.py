"""The cells of attributes that have a type: what they are read as, and those that cannot be."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from json.encoder import encode_basestring as _encoded
from typing import Any

from contacts.imports.cells import MARKS, meant
from contacts.imports.fields import ATTRIBUTE
from contacts.typed_values.types import AttributeType, Reading, ValueType, reader_of
from foundation.sentences import Sentence
from foundation.sentences import Sentence as _

#: Unreadable cells that are shown, and the characters of each.
SHOWN_CELLS, SHOWN_CHARACTERS = 3, 40
#: The most cells of a column whose readings are kept; the cells of most columns recur.
_MOST_KEPT = 5_000
#: The most digits of a whole number that JSON writes as the cell does.
_MOST_DIGITS = 15


class TypedColumn:
    """A column of a typed attribute, and the cells that could not be read.

    Attributes:
        number: the number of the column, from 0.
        key: the beginning of the member of the JSON object: the name and a colon.
        read: the reader of the type.
        count: the number of unreadable cells so far.
    """

    def __init__(
        self, name: str, number: int, value_type: ValueType, read: Callable[[str], Reading | None]
    ) -> None:
        self.number, self.key, self.read = number, _encoded(name) + ":", read
        self.count = 0
        self._name, self._type = name, value_type
        self._is_number = value_type.kind == AttributeType.NUMBER
        self._members: dict[str, str] = {}
        self._examples: list[str] = []

    def member(self, cell: str) -> str:
        """Return what a cell was read as, as a member of a JSON object; "" without a reading.

        A cell that cannot be read is counted.
        """
        found = self._members.get(cell)
        if found is not None:
            return found
        if (
            self._is_number
            and cell.isdigit()
            and cell.isascii()
            and len(cell) <= _MOST_DIGITS
            and (cell[0] != "0" or cell == "0")
        ):
            return self.key + cell
        value = cell.strip()
        if value and value[0] in MARKS:
            value = meant(value)
        member = ""
        if value:
            reading = self.read(value)
            if reading is None:
                self._note(value)
                return ""
            member = self.key + json.dumps(reading)
        if len(self._members) < _MOST_KEPT:
            self._members[cell] = member
        return member

    def known_members(self, cells: Sequence[str]) -> tuple[str, Sequence[str] | None]:
        """Return a form for `%`, and what makes it `member` of each cell.

        The second is None if a cell has to be read.
        """
        if self._is_number and _are_whole_numbers(cells):
            return self.key.replace("%", "%%") + "%s", cells
        found = list(map(self._members.get, cells))
        return "%s", None if None in found else found  # type: ignore[return-value]

    def _note(self, value: str) -> None:
        self.count += 1
        if len(self._examples) < SHOWN_CELLS and value[:SHOWN_CHARACTERS] not in self._examples:
            self._examples.append(value[:SHOWN_CHARACTERS])

    def as_unread(self) -> dict[str, Any]:
        """Return the unreadable cells as `ContactImport.unread` stores them."""
        return {
            "attribute": self._name,
            "type": str(self._type),
            "count": self.count,
            "examples": self._examples,
        }

    @property
    def notes(self) -> list[str]:
        """The sentence about the unreadable cells, if there are any."""
        if not self.count:
            return []
        return [
            _sentence(self._type.kind)
            % {
                "name": self._name,
                "count": self.count,
                "examples": ", ".join(self._examples),
            }
        ]


def _sentence(kind: str) -> Sentence:
    """Return the sentence about cells that cannot be read as a type, without its values."""
    if kind == AttributeType.NUMBER:
        return _(
            "%(name)s: %(count)d cells cannot be read as a number, such as %(examples)s. Their "
            "text is kept; comparisons with numbers pass over them."
        )
    if kind == AttributeType.DATE:
        return _(
            "%(name)s: %(count)d cells cannot be read as a date, such as %(examples)s. Their text "
            "is kept; comparisons with dates pass over them."
        )
    return _(
        "%(name)s: %(count)d cells cannot be read as yes or no, such as %(examples)s. Their text "
        "is kept; they are neither."
    )


def typed_columns(mapping: Sequence[str], types: Mapping[str, ValueType]) -> list[TypedColumn]:
    """Return the columns of a mapping whose attributes have a type."""
    found = []
    for number, field in enumerate(mapping):
        name = field.removeprefix(ATTRIBUTE)
        value_type = types.get(name) if field.startswith(ATTRIBUTE) else None
        read = reader_of(value_type) if value_type else None
        if value_type is not None and read is not None:
            found.append(TypedColumn(name, number, value_type, read))
    return found


def _are_whole_numbers(cells: Sequence[str]) -> bool:
    """Return whether JSON writes every cell as the cell does."""
    text = "".join(cells)
    if not (text.isdigit() and text.isascii()) or max(map(len, cells)) > _MOST_DIGITS:
        return False
    return all(cells) and not any(cell[0] == "0" and cell != "0" for cell in cells)


def readings_of_columns(
    columns: Sequence[TypedColumn], cells: Sequence[Sequence[str]]
) -> list[str] | None:
    """Return `readings_json` of each row of a table, given by column; None if a cell is to be read.

    Cells are read row by row, because only those of people who are loaded count as unreadable.
    """
    members, parts, has_gaps = [], [], False
    for column in columns:
        part, known = column.known_members(cells[column.number])
        if known is None:
            return None
        parts.append(part)
        members.append(known)
        has_gaps = has_gaps or (part == "%s" and "" in known)
    rows = zip(*members, strict=True)
    if not has_gaps:
        return list(map(("{" + ",".join(parts) + "}").__mod__, rows))
    written = [
        ",".join([part % text for part, text in zip(parts, row, strict=True) if text])
        for row in rows
    ]
    return ["{" + text + "}" if text else "" for text in written]


def readings_json(columns: Iterable[TypedColumn], cells: Sequence[str]) -> str:
    """Return the readings of a row as JSON text, "" if nothing was read."""
    members = [member for column in columns if (member := column.member(cells[column.number]))]
    return "{" + ",".join(members) + "}" if members else ""

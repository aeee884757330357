"""The cells of attributes that have a type: what they are read as, and those that cannot be."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from json.encoder import encode_basestring as _encoded
from typing import Any

from contacts.imports.cells import MARKS, meant
from contacts.imports.columns import ATTRIBUTE
from contacts.typed_values.types import AttributeType, Reading, ValueType, reader_of
from foundation.sentences import Sentence
from foundation.sentences import Sentence as _

#: Unreadable cells that are shown, and the characters of each.
SHOWN_CELLS, SHOWN_CHARACTERS = 3, 40


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
        self._examples: list[str] = []

    def note(self, value: str) -> None:
        """Count a cell that could not be read."""
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


def readings_json(columns: Iterable[TypedColumn], cells: Sequence[str]) -> str:
    """Return the readings of a row as JSON text, "" if nothing was read."""
    parts = []
    for column in columns:
        value = cells[column.number].strip()
        if value and value[0] in MARKS:
            value = meant(value)
        if not value:
            continue
        reading = column.read(value)
        if reading is None:
            column.note(value)
        else:
            parts.append(column.key + json.dumps(reading))
    return "{" + ",".join(parts) + "}" if parts else ""

"""Validated people, packed while the file is read, and written to the temporary table stage_people.

For PostgreSQL they are packed as the text of a COPY, which takes a third of the memory of the rows
and needs no more work when the chunk is loaded. For SQLite the rows are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from sys import getsizeof
from typing import Any

from contacts.imports.rows import Person
from contacts.imports.write_sqlite import write_rows

_STAGE_POSTGRESQL = """
    CREATE TEMPORARY TABLE stage_people
        (uin bigint, name text, attributes jsonb, readings jsonb) ON COMMIT DROP
"""
# A person without readings has the empty text; see `PersonReader`.
_STAGE_SQLITE = """
    CREATE TEMPORARY TABLE IF NOT EXISTS stage_people
        (uin integer PRIMARY KEY, name text, attributes text, readings text)
"""
_COLUMNS = ("uin", "name", "attributes", "readings")
_NAME, _ATTRIBUTES = itemgetter(1), itemgetter(2)


class PackedPeople:
    """Validated people, no UIN twice, in the form that a database loads fastest.

    Args:
        vendor: the database, as `connection.vendor` names it.
        has_readings: whether the people come with readings.

    Attributes:
        count: the number of people.
        size: the bytes of memory they take, about.
    """

    def __init__(self, vendor: str, *, has_readings: bool = False) -> None:
        self._columns = _COLUMNS if has_readings else _COLUMNS[:3]
        self.count = 0
        self.size = 0
        self._is_text = vendor == "postgresql"
        self._blocks: list[bytes] = []
        self._rows: list[Person] = []

    def add(self, people: Sequence[Person]) -> None:
        """Add people."""
        if self._is_text and people:
            block = _copy_text(people).encode()
            self._blocks.append(block)
            self.size += len(block)
        else:
            self._rows += people
            self.size += sum(getsizeof("".join(map(of, people))) for of in (_NAME, _ATTRIBUTES))
        self.count += len(people)

    def stage(self, cursor: Any) -> None:
        """Write the people to the temporary table stage_people, which then holds no others."""
        if self._is_text:
            cursor.execute(_STAGE_POSTGRESQL)
            names = ", ".join(self._columns)
            with cursor.copy(f"COPY stage_people ({names}) FROM STDIN") as copy:
                for block in self._blocks:
                    copy.write(block)
        else:
            cursor.execute(_STAGE_SQLITE)
            cursor.execute("DELETE FROM stage_people")
            names = ", ".join(self._columns)
            write_rows(f"INSERT INTO stage_people ({names})", self._rows)

    def as_values(self) -> tuple[Any, ...]:
        """Return them as plain values; `of` makes them from these."""
        return self._is_text, self._columns, self.count, self.size, self._blocks, self._rows

    @classmethod
    def of(cls, values: tuple[Any, ...]) -> PackedPeople:
        """Return the people of `as_values`."""
        made = cls("")
        made._is_text, made._columns, made.count, made.size, made._blocks, made._rows = values
        return made

    def by_uin(self) -> dict[int, Person]:
        """Return the people by their UIN, where they are not packed as text."""
        return {person[0]: person for person in self._rows}


def _copy_text(people: Sequence[tuple[Any, ...]]) -> str:
    if len(people[0]) == 4:
        return "".join([f"{_escaped(person)}\t{_escaped_json(person[3])}\n" for person in people])
    text = "".join([f"{uin}\t{name}\t{attributes}\n" for uin, name, attributes in people])
    count = len(people)
    # JSON escapes line ends and tabs, but a name may contain them. One check of the whole text is
    # faster than one of each row.
    is_plain = (
        "\\" not in text
        and "\r" not in text
        and text.count("\t") == 2 * count
        and text.count("\n") == count
    )
    return text if is_plain else "".join([_escaped(person) + "\n" for person in people])


def _escaped(person: tuple[Any, ...]) -> str:
    uin, name, attributes = person[:3]
    name = name.replace("\\", "\\\\")
    name = name.replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    return f"{uin}\t{name}\t{_escaped_json(attributes)}"


def _escaped_json(text: str) -> str:
    """Return JSON text as a column of a COPY; NULL if it is empty."""
    return text.replace("\\", "\\\\") or "\\N"

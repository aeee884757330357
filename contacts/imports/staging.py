"""Validated people, packed while the file is read, and written to the temporary table stage_people.

For PostgreSQL they are packed as the text of a COPY, which takes a third of the memory of the rows
and needs no more work when the chunk is loaded. For SQLite the rows are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from contacts.imports.rows import Person

_STAGE_POSTGRESQL = """
    CREATE TEMPORARY TABLE stage_people (uin bigint, name text, attributes jsonb) ON COMMIT DROP
"""
_STAGE_SQLITE = """
    CREATE TEMPORARY TABLE IF NOT EXISTS stage_people
        (uin integer PRIMARY KEY, name text, attributes text)
"""


class PackedPeople:
    """Validated people, no UIN twice, in the form that a database loads fastest.

    Args:
        vendor: the database, as `connection.vendor` names it.

    Attributes:
        count: the number of people.
        size: the bytes of memory they take, about.
    """

    def __init__(self, vendor: str) -> None:
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
            self.size += sum(len(name) + len(attributes) for _uin, name, attributes in people)
        self.count += len(people)

    def stage(self, cursor: Any) -> None:
        """Write the people to the temporary table stage_people, which then holds no others."""
        if self._is_text:
            cursor.execute(_STAGE_POSTGRESQL)
            with cursor.copy("COPY stage_people (uin, name, attributes) FROM STDIN") as copy:
                for block in self._blocks:
                    copy.write(block)
        else:
            cursor.execute(_STAGE_SQLITE)
            cursor.execute("DELETE FROM stage_people")
            cursor.executemany("INSERT INTO stage_people VALUES (%s, %s, %s)", self._rows)


def _copy_text(people: Sequence[Person]) -> str:
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
    return text if is_plain else "".join(_escaped(people))


def _escaped(people: Sequence[Person]) -> Iterable[str]:
    for uin, name, attributes in people:
        name = name.replace("\\", "\\\\")
        name = name.replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
        attributes = attributes.replace("\\", "\\\\")
        yield f"{uin}\t{name}\t{attributes}\n"

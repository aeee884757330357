"""People on their way into the database: packed while the file is read, staged in one go.

PostgreSQL takes a chunk as the text of a COPY, which is a third of the memory of the rows it is
made of, and ready when its turn comes; SQLite takes the rows.
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
    """Validated people, no UIN twice, as one of the databases takes them.

    Attributes:
        count: how many.
        size: about how many bytes they take here.
    """

    def __init__(self, vendor: str, people: Sequence[Person] = ()) -> None:
        self.count = 0
        self.size = 0
        self._is_text = vendor == "postgresql"
        self._blocks: list[bytes] = []
        self._rows: list[Person] = []
        self.add(people)

    def add(self, people: Sequence[Person]) -> None:
        """Take in some more."""
        if self._is_text and people:
            block = _copy_text(people).encode()
            self._blocks.append(block)
            self.size += len(block)
        else:
            self._rows += people
            self.size += sum(len(name) + len(attributes) for _uin, name, attributes in people)
        self.count += len(people)

    def stage(self, cursor: Any) -> None:
        """Put them into the temporary table stage_people, which holds nobody else then."""
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
    # JSON has escaped its line ends and tabs, a name may hold some; a look at all of them is
    # quicker than one at each.
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

"""The interface of all readers: a table of text cells, row by row, and its limits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, TypeAlias

#: Characters of a record: one line, or several lines joined by quotes.
LONGEST_RECORD = 1_000_000
#: Characters of a cell; the csv module's default.
LONGEST_CELL = 131_072
#: Columns of a table.
MOST_COLUMNS = 500

#: (line number from 1, the cells as text, the problem of the row or "").
Row: TypeAlias = tuple[int, list[str], str]


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is read: detected, or given by the operator.

    Attributes:
        kind: csv, xlsx or xls.
        encoding: the encoding of a csv, as Python names it; empty otherwise.
        delimiter: the delimiter of a csv; empty otherwise.
        sheet: the sheet that is read; empty for a csv.
        sheets: the names of all sheets.
        hidden: the names of hidden sheets.
        doubts: the encodings that a csv may be in, the most likely first; empty if it is certain.
    """

    kind: str
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


class Table(Protocol):
    """A file opened as a table."""

    layout: Layout

    @property
    def size(self) -> int:
        """How much there is to read, in units of `position`."""

    @property
    def position(self) -> int:
        """How much of `size` the iteration has read so far."""

    def rows(self) -> Iterator[Row]:
        """Yield the rows from the beginning; blank lines are skipped, but count as lines."""

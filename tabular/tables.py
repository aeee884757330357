"""What every reader gives: a table of text cells, row by row, with the bounds it keeps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, TypeAlias

#: A line (with quotes, several lines of one record) longer than this many characters is no table.
LONGEST_RECORD = 1_000_000
#: One cell; the csv module's own default.
LONGEST_CELL = 131_072
#: Columns of a table.
MOST_COLUMNS = 500

#: (line number from 1, the cells as text, what is wrong with the row or "").
Row: TypeAlias = tuple[int, list[str], str]


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is read. Found by looking, corrected by the operator.

    Attributes:
        kind: csv, xlsx or xls.
        encoding: of a csv, as Python names it; empty otherwise.
        doubts: encodings that a csv may be in as well, the likeliest first; empty: no doubt.
        delimiter: of a csv; empty otherwise.
        sheet: the sheet that is read; empty for a csv.
        sheets: every sheet there is.
        hidden: those of them that the spreadsheet does not show.
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
        """How much there is to read; in units of `position`."""

    @property
    def position(self) -> int:
        """How much of `size` the iteration has taken in so far."""

    def rows(self) -> Iterator[Row]:
        """Yield the rows from the beginning; blank lines are left out but counted as lines."""

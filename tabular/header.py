"""Which line of a table is its header."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence

from tabular.tables import Row

#: A cell that is data, not a title: a number, a date, a phone number, an address of mail.
_DATA = re.compile(r"['`]?[+-]?[\d.,:/\s-]*\d[\d.,:/\s-]*(?:[eE][+-]?\d+)?|[^@\s]+@[^@\s]+")


def plain_title(title: str) -> str:
    """Return a title as it is compared: without case, width, blanks and punctuation."""
    text = unicodedata.normalize("NFKC", title).casefold()
    return "".join(char for char in text if char.isalnum())


def is_header(cells: Sequence[str]) -> bool:
    """Return whether a row can be a header: no cell of it is data."""
    filled = [unicodedata.normalize("NFKC", cell).strip() for cell in cells if cell.strip()]
    return bool(filled) and not any(_DATA.fullmatch(cell) for cell in filled)


def find_header(rows: Sequence[Row], *, known: Collection[str] = ()) -> int:
    """Return the line number of the header among the first rows, or 0 for a table without one.

    A row with a known title is the header, whatever else stands in it. Without one, it is the first
    row without data; a title above it ("Members, May 2026", one cell alone) is skipped.

    Args:
        rows: the first rows.
        known: titles that make a row the header, as `plain_title` spells them.
    """
    line = _known_header(rows, known)
    if line:
        return line
    width = _width(rows)
    for line, cells, problem in rows[:10]:
        if width > 1 and _filled(cells) == 1:
            continue
        return line if not problem and is_header(cells) else 0
    return 0


def known_columns(cells: Sequence[str], known: Collection[str]) -> list[int]:
    """Return the columns of a row in which known titles stand."""
    return [number for number, cell in enumerate(cells) if plain_title(cell[:100]) in known]


def _known_header(rows: Sequence[Row], known: Collection[str]) -> int:
    width, alone = _width(rows), 0
    for index, (line, cells, problem) in enumerate(rows if known else ()):
        columns = [] if problem else known_columns(cells, known)
        below = rows[index + 1 :]
        if not any(_is_title_of(column, below) for column in columns):
            continue
        if width > 1 and _filled(cells) == 1:  # may be the heading of a group of columns
            alone = alone or line
            continue
        if below and _is_second_line(cells, columns, below[0]):
            return below[0][0]
        return line
    return alone


def _is_title_of(column: int, below: Sequence[Row]) -> bool:
    """Return whether what stands below is numbers: "QQ" may also be where somebody came from."""
    filled = [cells[column] for _l, cells, _p in below if column < len(cells) and cells[column]]
    return not filled or any(char.isdigit() for cell in filled for char in cell)


def _is_second_line(cells: Sequence[str], columns: Sequence[int], row: Row) -> bool:
    """Return whether a row goes on with the titles: under some of them, and where none are."""
    _line, below, problem = row
    if problem or not is_header(below):
        return False
    filled = [number for number, cell in enumerate(below) if cell.strip()]
    is_new = any(number >= len(cells) or not cells[number].strip() for number in filled)
    return is_new and not any(column in filled for column in columns)


def _filled(cells: Sequence[str]) -> int:
    return sum(1 for cell in cells if cell.strip())


def _width(rows: Sequence[Row]) -> int:
    return max((_filled(cells) for _line, cells, _problem in rows), default=0)

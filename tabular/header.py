"""Find the header of a table."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence

from tabular.tables import Row

#: A cell that is data, not a title: a number, a date, a phone number, a mail address.
_DATA = re.compile(r"['`]?[+-]?[\d.,:/\s-]*\d[\d.,:/\s-]*(?:[eE][+-]?\d+)?|[^@\s]+@[^@\s]+")


def plain_title(title: str) -> str:
    """Normalize a title for comparison: fold case and width, drop blanks and punctuation."""
    text = unicodedata.normalize("NFKC", title).casefold()
    return "".join(char for char in text if char.isalnum())


def titled_columns(
    cells: Sequence[str], titles: Mapping[str, Sequence[str]]
) -> dict[str, int] | None:
    """Return the column of each part that a row of titles names; None if it names none.

    Args:
        cells: the row.
        titles: the titles of each part as `plain_title` spells them, the best one first.
    """
    shown = [plain_title(cell[:100]) for cell in cells]
    columns = {
        part: shown.index(title)
        for part, known in titles.items()
        for title in reversed(known)
        if title in shown
    }
    return columns or None


def is_header(cells: Sequence[str]) -> bool:
    """Return whether a row can be a header: it is not blank, and no cell is data."""
    filled = [unicodedata.normalize("NFKC", cell).strip() for cell in cells if cell.strip()]
    return bool(filled) and not any(_DATA.fullmatch(cell) for cell in filled)


def find_header(rows: Sequence[Row], *, known: Collection[str] = ()) -> int:
    """Return the line number of the header among the first rows, or 0 if there is none.

    A row with a known title is the header, whatever its other cells contain. If there is no such
    row, the header is the first row without data. A title above the table ("Members, May 2026",
    alone in its row) is skipped.

    Args:
        rows: the first rows.
        known: titles that make a row the header, normalized by `plain_title`.
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
    """Return the columns of a row, from 0, whose cell is a known title."""
    return [number for number, cell in enumerate(cells) if plain_title(cell[:100]) in known]


def _known_header(rows: Sequence[Row], known: Collection[str]) -> int:
    width, alone = _width(rows), 0
    for index, (line, cells, problem) in enumerate(rows if known else ()):
        columns = [] if problem else known_columns(cells, known)
        below = rows[index + 1 :]
        if not any(_is_title_of(column, below) for column in columns):
            continue
        if width > 1 and _filled(cells) == 1:  # may be the title of a group of columns
            alone = alone or line
            continue
        if below and _is_second_line(cells, columns, below[0]):
            return below[0][0]
        return line
    return alone


def _is_title_of(column: int, below: Sequence[Row]) -> bool:
    """Return whether the cells below a title contain digits.

    Otherwise the title may be a value: "QQ" may also name the source of a contact.
    """
    filled = [cells[column] for _l, cells, _p in below if column < len(cells) and cells[column]]
    return not filled or any(char.isdigit() for cell in filled for char in cell)


def _is_second_line(cells: Sequence[str], columns: Sequence[int], row: Row) -> bool:
    """Return whether a row continues the header: it has titles, some below empty cells of it."""
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

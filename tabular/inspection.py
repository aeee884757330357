"""Inspect a file before it is imported: its layout, its header, its first rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from foundation.sentences import Sentence as _
from tabular.decoding import UNDECODABLE
from tabular.header import find_header, known_columns
from tabular.opening import open_table
from tabular.problems import FileProblem
from tabular.tables import MOST_COLUMNS, Layout, Row, Table
from tabular.time_limit import time_limit

#: Rows searched for the header.
HEAD_ROWS = 50
#: The last line that an operator can name as the header.
FARTHEST_HEADER = 10_000
#: Sheets searched for the table.
MOST_SHEETS = 20
#: Seconds that an inspection may take.
LONGEST_LOOK = 8.0
#: Characters of rows after which they are enough, however few.
MOST_CHARACTERS = 4_000_000
#: Characters of a column's title.
LONGEST_TITLE = 100


@dataclass(frozen=True, slots=True)
class Inspection:
    """The result of an inspection, for the operator to check and correct.

    Attributes:
        layout: how the file is read.
        header_line: the line of the header, from 1; 0: there is none.
        columns: the titles; "" for a column without one, and "1", "2", ... without a header.
        sample: the first rows after the header; few if they are long.
    """

    layout: Layout
    header_line: int
    columns: tuple[str, ...]
    sample: tuple[Row, ...]


def inspect_table(
    path: Path,
    *,
    name: str = "",
    encoding: str = "",
    delimiter: str = "",
    sheet: str = "",
    header_line: int | None = None,
    rows: int = 20,
    known_titles: Collection[str] = (),
) -> Inspection:
    """Inspect a file; each argument that the operator does not give is detected.

    Args:
        path: the file.
        name: the name that the operator gave it, for sentences.
        encoding: the encoding of a text file; empty: detect it.
        delimiter: the character between the cells of a text file; empty: detect it.
        sheet: the sheet to read; empty: the first visible one with a table.
        header_line: the line of the header, 0 for none; None: find it.
        rows: how many sample rows to return.
        known_titles: titles that make a row the header, normalized by `plain_title`.

    Raises:
        FileProblem: it cannot be read as a table within LONGEST_LOOK seconds.
    """
    count = max(HEAD_ROWS, rows + 10, min(header_line or 0, FARTHEST_HEADER) + rows)
    with time_limit(LONGEST_LOOK):
        table = open_table(path, name=name, encoding=encoding, delimiter=delimiter, sheet=sheet)
        head = _head(table, count, header_line)
        if not sheet and len(table.layout.sheets) > 1:
            table, head = _sheet_with_table(path, table, head, count, known_titles)
    if not head:
        raise FileProblem(_("The file is empty: there is no row in it."), code="empty")
    line = find_header(head, known=known_titles) if header_line is None else header_line
    columns = _titles(head, line, known_titles, is_text=table.layout.kind == "csv")
    sample = tuple(_showable(row) for row in head if row[0] > line)[:rows]
    return Inspection(table.layout, line, columns, sample)


def _head(table: Table, count: int, header_line: int | None) -> list[Row]:
    """Return the first `count` rows at most; of those above a given header only the last one."""
    head: list[Row] = []
    characters = 0
    for row in islice(table.rows(), count):
        if row[0] < (header_line or 0):
            head = [row]
            continue
        head.append(row)
        characters += sum(map(len, row[1]))
        if characters > MOST_CHARACTERS:
            break
    return head


def _showable(row: Row) -> Row:
    """Return a row with a replacement character for what could not be decoded."""
    line, cells, problem = row
    if not problem:
        return row
    return line, [cell.replace(UNDECODABLE, "\ufffd") for cell in cells], problem


def _sheet_with_table(
    path: Path, first: Table, head: list[Row], count: int, known: Collection[str]
) -> tuple[Table, list[Row]]:
    """Return the first visible sheet with a known title, else the first with several columns."""
    layout = first.layout
    best, found = _likeness(head, known), (first, head)
    for sheet in layout.sheets[:MOST_SHEETS]:
        if best == _IS_TABLE:
            break
        if sheet == layout.sheet or sheet in layout.hidden:
            continue
        table = open_table(path, sheet=sheet)
        rows = _head(table, count, None)
        if _likeness(rows, known) > best:
            best, found = _likeness(rows, known), (table, rows)
    return found


_IS_TABLE = 3


def _likeness(head: Sequence[Row], known: Collection[str]) -> int:
    """Return how much rows look like a table of people: from 0, not at all, to 3, certainly."""
    line = find_header(head, known=known)
    if any(number == line and known_columns(cells, known) for number, cells, _p in head):
        return _IS_TABLE
    wide = sum(1 for _l, cells, _p in head if sum(1 for cell in cells if cell.strip()) > 1)
    return 2 if wide > 1 else min(1, len(head))


def _titles(
    head: Sequence[Row], line: int, known: Collection[str], *, is_text: bool
) -> tuple[str, ...]:
    if not line:
        width = max(len(cells) for _line, cells, _problem in head)
        _refuse_width(width)
        return tuple(str(number) for number in range(1, width + 1))
    for index, (number, cells, problem) in enumerate(head):
        if number == line:
            if problem:
                raise FileProblem(
                    _("The header in line %(line)d %(problem)s.")
                    % {"line": line, "problem": problem},
                    code="header_unreadable",
                )
            above = head[index - 1][1] if index else []
            if not known_columns(cells, known) and known_columns(above, known):
                cells = _both(above, cells)  # titles in two lines
            return _cleaned(cells, _used(head[index + 1 :], cells, is_text=is_text))
    raise FileProblem(
        _("Line %(line)d was given as the header, but the first rows have no such line.")
        % {"line": line},
        code="no_header",
    )


def _both(above: Sequence[str], cells: Sequence[str]) -> list[str]:
    """Return the titles of two lines: the lower one, the upper one where there is none.

    A lower title that several groups have gets the title of its group, the nearest one above it.
    """
    width = max(len(above), len(cells))
    pairs = zip([*above, *[""] * width], [*cells, *[""] * width], strict=False)
    titles, group = [], ""
    for high, low in islice(pairs, width):
        group = high.strip() or group
        is_shared = sum(1 for cell in cells if cell.strip() == low.strip()) > 1
        shared = f"{group} {low.strip()}".strip() if is_shared else low
        titles.append(shared if low.strip() else high)
    return titles


def _used(below: Sequence[Row], cells: Sequence[str], *, is_text: bool) -> int:
    """Return how many columns are used.

    In a text file, only columns of the header count: a cell beyond them comes from a comma that
    should have been quoted.
    """
    most = len(cells) if is_text else MOST_COLUMNS
    filled = (n for _l, row, _p in below for n, cell in enumerate(row[:most], 1) if cell.strip())
    return max(filled, default=0)


def _cleaned(cells: Sequence[str], used: int) -> tuple[str, ...]:
    titles = [" ".join(cell.replace("\ufeff", "").split()) for cell in cells]
    while len(titles) > used and not titles[-1]:
        titles.pop()
    titles += [""] * (used - len(titles))
    _refuse_width(len(titles))
    for position, title in enumerate(titles, 1):
        if len(title) > LONGEST_TITLE:
            raise FileProblem(
                _(
                    "The title of column %(column)d has %(length)d characters (at most "
                    "%(most)d). This line may not be the header: give the line that is."
                )
                % {"column": position, "length": len(title), "most": LONGEST_TITLE},
                code="title_too_long",
            )
    return tuple(titles)


def _refuse_width(width: int) -> None:
    if width > MOST_COLUMNS:
        raise FileProblem(
            _("The file has %(width)d columns; at most %(most)d are read.")
            % {"width": width, "most": MOST_COLUMNS},
            code="too_many_columns",
        )

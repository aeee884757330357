"""What we found in a file: its layout, its header, its first rows."""

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

#: Rows looked at to find the header.
HEAD_ROWS = 50
#: A header that an operator names is looked for so far down.
FARTHEST_HEADER = 10_000
#: Sheets looked at to find the table.
MOST_SHEETS = 20
#: Seconds for all of it.
LONGEST_LOOK = 8.0
#: Characters of a column's title.
LONGEST_TITLE = 100


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found, to be shown and corrected.

    Attributes:
        layout: how the file is read.
        header_line: the line of the header, 0 when there is none.
        columns: the titles; "1", "2", ... when there is no header, "" where one has no title.
        sample: the first rows after the header.
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
    """Look at a file. What the operator corrected is passed in; the rest is found.

    Args:
        path: the file.
        name: its name at the operator's, for sentences and for its ending.
        encoding: how to decode it; empty: found.
        delimiter: what separates its cells; empty: found.
        sheet: the sheet to read; empty: the first one shown that has a table.
        header_line: the line of the header, 0 for none; None: found.
        rows: how many sample rows to return.
        known_titles: titles that make a row the header, as `plain_title` spells them.

    Raises:
        FileProblem: it cannot be read as a table, or not in time.
    """
    count = max(HEAD_ROWS, rows + 10, min(header_line or 0, FARTHEST_HEADER) + rows)
    with time_limit(LONGEST_LOOK):
        table = open_table(path, name=name, encoding=encoding, delimiter=delimiter, sheet=sheet)
        head = list(islice(table.rows(), count))
        if not sheet and len(table.layout.sheets) > 1:
            table, head = _sheet_with_table(path, table, head, count, known_titles)
    if not head:
        raise FileProblem(_("The file is empty: there is no row in it."), code="empty")
    line = find_header(head, known=known_titles) if header_line is None else header_line
    columns = _titles(head, line, known_titles, is_text=table.layout.kind == "csv")
    sample = tuple(_showable(row) for row in head if row[0] > line)[:rows]
    return Inspection(table.layout, line, columns, sample)


def _showable(row: Row) -> Row:
    """Return a row that can be shown: what did not decode is no character."""
    line, cells, problem = row
    return (
        (line, [cell.replace(UNDECODABLE, "\ufffd") for cell in cells], problem) if problem else row
    )


def _sheet_with_table(
    path: Path, first: Table, head: list[Row], count: int, known: Collection[str]
) -> tuple[Table, list[Row]]:
    """Return the first sheet shown with a known title, else the first that is wider than notes."""
    layout = first.layout
    best, found = _likeness(head, known), (first, head)
    for sheet in layout.sheets[:MOST_SHEETS]:
        if best == _IS_TABLE:
            break
        if sheet == layout.sheet or sheet in layout.hidden:
            continue
        table = open_table(path, sheet=sheet)
        rows = list(islice(table.rows(), count))
        if _likeness(rows, known) > best:
            best, found = _likeness(rows, known), (table, rows)
    return found


_IS_TABLE = 3


def _likeness(head: Sequence[Row], known: Collection[str]) -> int:
    """Return how much rows look like a table of people: 3 is certain, 0 is nothing."""
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
        _("Line %(line)d was to be the header, but there is no such line among the first rows.")
        % {"line": line},
        code="no_header",
    )


def _both(above: Sequence[str], cells: Sequence[str]) -> list[str]:
    width = max(len(above), len(cells))
    pairs = zip([*above, *[""] * width], [*cells, *[""] * width], strict=False)
    return [low if low.strip() else high for high, low in islice(pairs, width)]


def _used(below: Sequence[Row], cells: Sequence[str], *, is_text: bool) -> int:
    """Return how many columns have something in them.

    In a text a cell too many comes from a comma too many, unless the header has its commas too.
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
                    "%(most)d). This line may not be the header: say which one is."
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

"""What we found in a file: its layout, its header, its first rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from foundation.sentences import Sentence as _
from tabular.header import find_header
from tabular.opening import open_table
from tabular.problems import FileProblem
from tabular.tables import MOST_COLUMNS, Layout, Row

#: Rows looked at to find the header.
HEAD_ROWS = 50
#: Characters of a column's title.
LONGEST_TITLE = 100


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found, to be shown and corrected.

    Attributes:
        layout: how the file is read.
        header_line: the line of the header, 0 when there is none.
        columns: the titles; "1", "2", ... when there is no header.
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
) -> Inspection:
    """Look at a file. What the operator corrected is passed in; the rest is found.

    Args:
        path: the file.
        name: its name at the operator's, for sentences and for its ending.
        encoding: how to decode it; empty: found.
        delimiter: what separates its cells; empty: found.
        sheet: the sheet to read; empty: the first one with rows.
        header_line: the line of the header, 0 for none; None: found.
        rows: how many sample rows to return.

    Raises:
        FileProblem: it cannot be read as a table.
    """
    table = open_table(path, name=name, encoding=encoding, delimiter=delimiter, sheet=sheet)
    head = list(islice(table.rows(), max(HEAD_ROWS, rows + 10)))
    if not head:
        raise FileProblem(_("The file is empty: there is no row in it."), code="empty")
    line = find_header(head) if header_line is None else header_line
    columns = _titles(head, line)
    sample = tuple(row for row in head if row[0] > line)[:rows]
    return Inspection(table.layout, line, columns, sample)


def _titles(head: Sequence[Row], line: int) -> tuple[str, ...]:
    if not line:
        width = max(len(cells) for _line, cells, _problem in head)
        _refuse_width(width)
        return tuple(str(number) for number in range(1, width + 1))
    for number, cells, problem in head:
        if number == line:
            if problem:
                raise FileProblem(
                    _("The header in line %(line)d %(problem)s.")
                    % {"line": line, "problem": problem},
                    code="header_unreadable",
                )
            return _cleaned(cells)
    raise FileProblem(
        _("Line %(line)d was to be the header, but there is no such line among the first rows.")
        % {"line": line},
        code="no_header",
    )


def _cleaned(cells: Sequence[str]) -> tuple[str, ...]:
    titles = [" ".join(cell.replace("\ufeff", "").split()) for cell in cells]
    while titles and not titles[-1]:
        titles.pop()
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

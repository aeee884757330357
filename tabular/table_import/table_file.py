"""Reading a file as the rows of a resource: its columns, and the rows below the header."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tablib import Dataset

from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from tabular.header import plain_title
from tabular.inspection import Inspection, inspect_table
from tabular.opening import open_table
from tabular.problems import FileProblem
from tabular.table_import.columns import TableColumn
from tabular.tables import Row
from tabular.time_limit import time_limit
from tabular.writing import unescape_formula

#: Seconds that reading a file may take.
LONGEST_READ = 10.0


@dataclass(frozen=True, slots=True)
class FileLayout:
    """What the operator says about the file's layout; the rest is detected.

    Attributes:
        encoding, delimiter, sheet: see `tabular.opening.open_table`.
        header_line: the line with the titles; None: find it.
    """

    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    header_line: int | None = None


@dataclass(frozen=True, slots=True)
class TableFile:
    """The rows of a file.

    Attributes:
        dataset: a row of cells for each row, with the resource's fields as headers.
        lines: the line of each row in the file.
        problems: why the reader rejects a row, "" if it does not.
        titles: field -> the title of its column in the file.
        left_out: titles of columns that are not imported.
        sheet: the sheet that was read; empty for a text file.
    """

    dataset: Dataset
    lines: list[int]
    problems: list[str]
    titles: dict[str, str]
    left_out: list[str]
    sheet: str


def read_table(
    path: Path,
    *,
    name: str,
    layout: FileLayout,
    columns: Callable[[Sequence[str]], Sequence[TableColumn]],
    most_rows: int,
) -> TableFile:
    """Read a file.

    Args:
        path: the file.
        name: the name that the operator gave it, for sentences.
        layout: what the operator says about its layout.
        columns: returns the columns that it may have, given its titles; without titles, those that
            every such file may have.
        most_rows: the most rows.

    Raises:
        Refusal: it is not a table, has too many rows, has no column that identifies a row, has two
            columns of one meaning, or its encoding is uncertain.
    """
    # Titles of texts do not mark the header: a template's text may be {{ name }}.
    known = set[str]().union(*(c.all_titles for c in columns(()) if c.is_key and c.is_number))
    try:
        with time_limit(LONGEST_READ):
            found = inspect_table(
                path,
                name=name,
                encoding=layout.encoding,
                delimiter=layout.delimiter,
                sheet=layout.sheet,
                header_line=layout.header_line,
                known_titles=known,
            )
            _refuse_doubts(found)
            titles = [unescape_formula(title) for title in found.columns]
            places = _places(found, columns(titles))
            rows = _rows(path, name, found, most_rows)
    except FileProblem as problem:
        raise Refusal(problem.sentence, code=problem.code) from None
    return _table(found, places, rows)


def _refuse_doubts(found: Inspection) -> None:
    if found.layout.doubts:
        raise Refusal(
            _("The encoding of the file is uncertain. Choose the encoding: %(names)s.")
            % {"names": ", ".join(found.layout.doubts)},
            code="encoding_uncertain",
            encodings=list(found.layout.doubts),
        )


def _places(found: Inspection, columns: Sequence[TableColumn]) -> dict[str, int]:
    """Return the number of the column of each field in the file."""
    places: dict[str, int] = {}
    for number, title in enumerate(found.columns):
        plain = plain_title(unescape_formula(title))
        for column in columns:
            if plain not in column.all_titles:
                continue
            if column.field in places:
                raise Refusal(
                    _(
                        "The columns %(one)s and %(other)s are both read as %(field)s. Remove one "
                        "of them."
                    )
                    % {
                        "one": found.columns[places[column.field]],
                        "other": title,
                        "field": column.heading,
                    },
                    code="column_twice",
                )
            places[column.field] = number
    missing = [c.heading for c in columns if c.is_key and c.is_needed and c.field not in places]
    if missing:
        raise Refusal(
            _(
                "The file has no column %(missing)s. The columns found are: %(found)s. The first "
                "line must contain the titles; possible ones are: %(known)s."
            )
            % {
                "missing": ", ".join(missing),
                "found": ", ".join(title or "-" for title in found.columns[:20]),
                "known": ", ".join(c.heading for c in columns),
            },
            code="column_missing",
            columns=list(found.columns),
        )
    return places


def _rows(path: Path, name: str, found: Inspection, most: int) -> list[Row]:
    table = open_table(
        path,
        name=name,
        encoding=found.layout.encoding,
        delimiter=found.layout.delimiter,
        sheet=found.layout.sheet,
    )
    rows: list[Row] = []
    for row in table.rows():
        if row[0] > found.header_line:
            rows.append(row)
        if len(rows) > most:
            raise Refusal(
                _("The file has more than %(most)s rows, the most for this table. Split it.")
                % {"most": f"{most:,}"},
                code="too_many_rows",
                most=most,
            )
    return rows


def _table(found: Inspection, places: dict[str, int], rows: Sequence[Row]) -> TableFile:
    width, is_text = len(found.columns), found.layout.kind == "csv"
    dataset = Dataset(headers=list(places))
    lines, problems = [], []
    for line, cells, problem in rows:
        values = [unescape_formula(cells[n]) if n < len(cells) else "" for n in places.values()]
        if not problem and not any(value.strip() for value in values):
            continue
        if not problem and is_text and any(cell.strip() for cell in cells[width:]):
            # A cell with a comma that should have been quoted: the cells after it are shifted.
            problem = _("has more cells than the header (a cell with a comma needs quotes)")
        dataset.append(values)
        lines.append(line)
        problems.append(problem)
    if not lines:
        raise Refusal(_("The file has no row below its header."), code="no_rows")
    used = set(places.values())
    return TableFile(
        dataset=dataset,
        lines=lines,
        problems=problems,
        titles={field: found.columns[number] for field, number in places.items()},
        left_out=[t for n, t in enumerate(found.columns) if n not in used and t],
        sheet=found.layout.sheet,
    )

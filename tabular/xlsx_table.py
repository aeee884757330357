"""A sheet of an XLSX workbook, streamed: rows come while the file is being inflated.

Why not calamine, as for .xls: it lays a sheet out as a dense block before the first row, so that
one cell in XFD1048576 asks for 17 billion cells, and an honest million rows for half a gigabyte.
Here the XML tree is taken apart while it grows and nothing outlives its row.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import IO
from xml.etree import ElementTree as ET

from django.utils.translation import gettext as _

from tabular.problems import FileProblem
from tabular.tables import LONGEST_CELL, MOST_COLUMNS, Layout, Row
from tabular.xlsx_parts import (
    SharedStrings,
    Workbook,
    as_date,
    damaged,
    growing_parser,
    local,
    read_workbook,
    refuse_doctype,
)
from tabular.xlsx_rows import MOST_CELLS, ROWS_BEGIN, Cell, Readable, split_rows, too_much

BLOCK = 1 << 18
#: Inflated bytes without a finished row: a bomb or a picture, not a table.
LONGEST_ROW = 16 << 20
#: Inflated bytes of a sheet; a million rows of ten columns are half of it.
LARGEST_SHEET = 4 << 30
#: Excel's own.
MOST_ROWS = 1_048_576


class XlsxTable:
    """A sheet of an XLSX workbook; see `tabular.tables.Table`."""

    def __init__(self, path: Path, book: Workbook, layout: Layout) -> None:
        self.layout = layout
        self._path = path
        self._book = book
        self._part = book.sheets[layout.sheet]
        self._taken = 0

    @property
    def size(self) -> int:
        """Inflated bytes of the sheet."""
        return self._book.sizes.get(self._part, 0)

    @property
    def position(self) -> int:
        """Inflated bytes read."""
        return self._taken

    def rows(self) -> Iterator[Row]:
        """Yield the rows from the beginning; see `Table.rows`."""
        self._taken = 0
        try:
            with zipfile.ZipFile(self._path) as archive:
                strings = SharedStrings(archive, self._book.strings_part)
                try:
                    with archive.open(self._part) as part:
                        yield from self._rows(part, strings)
                finally:
                    strings.close()
        except (zipfile.BadZipFile, zlib.error, ET.ParseError, EOFError, KeyError, OSError):
            raise damaged() from None
        except (RuntimeError, NotImplementedError):  # zipfile: encrypted, or odd compression
            raise damaged() from None

    def _rows(self, part: IO[bytes], strings: SharedStrings) -> Iterator[Row]:
        reading = _RowReader(strings, self._book.date_styles)
        head = part.read(BLOCK)
        refuse_doctype(head)
        counted = _Counted(part, self)
        self._taken = len(head)
        rows: Iterator[Row]
        if ROWS_BEGIN.search(head):
            rows = (
                reading.read(row, line) if isinstance(row, ET.Element) else reading.quick(row, line)
                for line, row in split_rows(counted, head, longest=LONGEST_ROW)
            )
        else:
            rows = (reading.read(row, 0) for row in self._elements(counted, head))
        for line, cells, problem in rows:
            if line > MOST_ROWS:
                raise FileProblem(_("The sheet has too many rows."), code="too_many_rows")
            if problem or any(cells):
                yield line, cells, problem

    def _elements(self, part: Readable, head: bytes) -> Iterator[ET.Element]:
        """Yield the finished row elements, and forget them."""
        builder = ET.TreeBuilder()
        parser = growing_parser(builder)
        rows: ET.Element | None = None
        root: ET.Element | None = None
        idle = 0
        for block in chain([head], iter(lambda: part.read(BLOCK), b"")):
            idle += len(block)
            parser.feed(block)
            if root is None:
                root = builder.close()
            if rows is None and root is not None:
                rows = next((child for child in root if local(child.tag) == "sheetData"), None)
            if root is not None and rows is not None:
                # The last one may be half read; not so once something follows the rows.
                is_over = len(root) and root[-1] is not rows
                finished = rows[:] if is_over else rows[:-1]
                if finished:
                    idle = 0
                    yield from finished
                    del rows[: len(finished)]
                if is_over:
                    return
            is_too_wide = rows is not None and len(rows) and len(rows[-1]) > MOST_CELLS
            if is_too_wide or idle > LONGEST_ROW:
                raise too_much()
        parser.close()
        if rows is not None:
            yield from rows


class _Counted:
    """A part that tells its table how much of it has been read, and ends a bomb."""

    def __init__(self, part: IO[bytes], table: XlsxTable) -> None:
        self._part = part
        self._table = table

    def read(self, size: int) -> bytes:
        """Read on.

        Raises:
            FileProblem: more than a sheet can be.
        """
        block = self._part.read(size)
        self._table._taken += len(block)
        if self._table._taken > LARGEST_SHEET:
            raise too_much()
        return block


def open_xlsx(path: Path, *, sheet: str = "") -> XlsxTable:
    """Open an XLSX workbook.

    Raises:
        FileProblem: it is damaged, another kind of file in a zip, or has no such sheet.
    """
    book = read_workbook(path)
    names = tuple(book.sheets)
    if sheet and sheet not in book.sheets:
        raise FileProblem(
            _("The workbook has no sheet %(sheet)s.") % {"sheet": sheet}, code="no_sheet"
        )
    for name in (sheet,) if sheet else names:
        table = XlsxTable(path, book, Layout("xlsx", sheet=name, sheets=names))
        if sheet or next(table.rows(), None) is not None:
            return table
    raise FileProblem(_("The workbook is empty: no sheet has a row."), code="empty")


class _RowReader:
    """Turns row elements into rows of text."""

    def __init__(self, strings: SharedStrings, date_styles: frozenset[str]) -> None:
        self._strings = strings
        # Styles as text for the parser's cells, as bytes for those matched by pattern.
        self._date_styles: frozenset[str | bytes] = date_styles | {s.encode() for s in date_styles}
        self._columns: dict[str | bytes, int] = {}
        self._line = 0

    def quick(self, row: list[Cell], line: int) -> Row:
        """Return the row of cells matched by pattern."""
        self._line = line = line or self._line + 1
        cells: list[str] = []
        dates, strings, columns = self._date_styles, self._strings, self._columns
        for letters, style, kind, value in row:
            column = columns.get(letters)
            if column is None:
                column = self._column(letters.decode(), len(cells))
                columns[letters] = column
            width = len(cells)
            if column != width:
                if column < width or column >= MOST_COLUMNS:
                    if column >= MOST_COLUMNS and value:
                        return line, cells, _("too many columns")
                    continue
                cells.extend([""] * (column - width))
            if kind == b"s":
                cells.append(strings[int(value)] if value.isdigit() else "")
            elif value.isdigit() and kind != b"b" and style not in dates:
                cells.append(value.decode())
            else:
                cells.append(self._odd(kind, value, style))
        return line, cells, ""

    def _odd(self, kind: bytes, value: bytes, style: bytes) -> str:
        text = value.decode("utf-8", "replace")
        if kind == b"b":
            return "TRUE" if text == "1" else "FALSE"
        if kind == b"str":
            return text[:LONGEST_CELL]
        return self._number(text, style.decode()) if text else ""

    def read(self, row: ET.Element, line: int) -> Row:
        """Return the row of an element; its line, where it is not known, is in the element."""
        given = row.get("r", "")
        if not line:
            line = int(given) if given.isascii() and given.isdigit() else self._line + 1
        self._line = line
        cells: list[str] = []
        problem = ""
        for cell in row:
            column = self._column(cell.get("r", ""), len(cells))
            if column >= MOST_COLUMNS:
                if self._text(cell):
                    problem = _("too many columns")
                continue
            width = len(cells)
            if column < width:  # out of order: bad, but readable
                cells[column] = self._text(cell)
                continue
            if column > width:
                cells.extend([""] * (column - width))
            cells.append(self._text(cell))
        return line, cells, problem

    def _column(self, reference: str, following: int) -> int:
        if not reference:
            return following
        letters = reference.rstrip("0123456789")
        known = self._columns.get(letters)
        if known is None:
            known = 0
            for letter in letters[:4].upper():
                known = known * 26 + ord(letter) - 64
            known -= 1
            if known < 0:
                return following
            if len(self._columns) < MOST_COLUMNS:
                self._columns[letters] = known
        return known

    def _text(self, cell: ET.Element) -> str:
        if not len(cell):
            return ""
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            return "".join(t.text or "" for t in cell.iter() if local(t.tag) == "t")[:LONGEST_CELL]
        # A formula comes before its value: the last one is the value.
        value = cell[-1].text or ""
        if kind == "s":
            return self._strings[int(value)] if value.isascii() and value.isdigit() else ""
        if kind == "n":
            style = cell.get("s", "")
            if value.isascii() and value.isdigit() and style not in self._date_styles:
                return value[:LONGEST_CELL]
            return self._number(value, style) if value else ""
        if kind == "b":
            return "TRUE" if value == "1" else "FALSE"
        return value[:LONGEST_CELL]

    def _number(self, value: str, style: str) -> str:
        if style in self._date_styles:
            return as_date(value)
        try:
            number = float(value)
        except ValueError:
            return value[:LONGEST_CELL]
        is_whole = abs(number) < 1e15 and number == int(number)
        return str(int(number)) if is_whole else value

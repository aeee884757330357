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

from foundation.sentences import Sentence as _
from tabular.problems import FileProblem
from tabular.tables import Layout, Row
from tabular.time_limit import check_time
from tabular.xlsx_cells import RowReader
from tabular.xlsx_parts import Workbook, growing_parser, read_workbook
from tabular.xlsx_problems import damaged, local_name, refuse_doctype, too_large
from tabular.xlsx_rows import BLOCK, MOST_CELLS, MOST_TAGS, ROWS_BEGIN, Readable, split_rows
from tabular.xlsx_strings import SharedStrings

#: Inflated bytes without a finished row: a bomb or a picture, not a table.
LONGEST_ROW = 4 << 20
#: Inflated bytes of a sheet; a million rows of ten columns are half of it.
LARGEST_SHEET = 4 << 30
_PIECE = 1 << 16
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
        reading = RowReader(strings, self._book.kinds, is_1904=self._book.is_1904)
        head = part.read(BLOCK)
        refuse_doctype(head)
        counted = _Counted(part, self)
        self._taken = len(head)
        rows: Iterator[Row]
        if ROWS_BEGIN.search(head):
            rows = (
                reading.parsed(row, line)
                if isinstance(row, ET.Element)
                else reading.matched(row, line)
                for line, row in split_rows(counted, head, longest=LONGEST_ROW)
            )
        else:
            rows = (reading.parsed(row, 0) for row in self._elements(counted, head))
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
        idle = tags = 0
        # In small pieces: others have their turn between them.
        pieces = (head[at : at + _PIECE] for at in range(0, len(head), _PIECE))
        for block in chain(pieces, iter(lambda: part.read(_PIECE), b"")):
            idle += len(block)
            tags += block.count(b"<")
            parser.feed(block)
            if root is None:
                root = builder.close()
            if rows is None and root is not None:
                rows = next((child for child in root if local_name(child.tag) == "sheetData"), None)
            if root is not None and rows is not None:
                # The last one may be half read; not so once something follows the rows.
                is_over = len(root) and root[-1] is not rows
                finished = rows[:] if is_over else rows[:-1]
                if finished:
                    idle = tags = 0
                    yield from finished
                    del rows[: len(finished)]
                if is_over:
                    return
            is_too_wide = rows is not None and len(rows) and len(rows[-1]) > MOST_CELLS
            if is_too_wide or idle > LONGEST_ROW or tags > MOST_TAGS:
                raise too_large()
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
        check_time()
        block = self._part.read(size)
        self._table._taken += len(block)
        if self._table._taken > LARGEST_SHEET:
            raise too_large()
        return block


def open_xlsx(path: Path, *, sheet: str = "") -> XlsxTable:
    """Open an XLSX workbook.

    Raises:
        FileProblem: it is damaged, another kind of file in a zip, or has no such sheet.
    """
    book = read_workbook(path)
    names = tuple(book.sheets)
    hidden = tuple(name for name in names if name in book.hidden)
    if sheet and sheet not in book.sheets:
        raise FileProblem(
            _("The workbook has no sheet %(sheet)s.") % {"sheet": sheet}, code="no_sheet"
        )
    # What is shown comes first.
    for name in (sheet,) if sheet else sorted(names, key=hidden.__contains__):
        table = XlsxTable(path, book, Layout("xlsx", sheet=name, sheets=names, hidden=hidden))
        if sheet or next(table.rows(), None) is not None:
            return table
    raise FileProblem(_("The workbook is empty: no sheet has a row."), code="empty")

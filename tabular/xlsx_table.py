"""A sheet of an XLSX workbook, streamed: rows are returned while the file is inflated.

Why not calamine: it lays a sheet out as a dense block before it returns the first row. One cell in
XFD1048576 makes 17 billion cells, and a table of a million rows takes half a gigabyte. This reader
frees each row's part of the XML tree as soon as the row is read.
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
from tabular.sheets import choose_sheet
from tabular.tables import Layout, Row
from tabular.time_limit import check_time
from tabular.xlsx_cells import RowReader
from tabular.xlsx_parts import Workbook, growing_parser, read_workbook
from tabular.xlsx_problems import damaged, local_name, refuse_doctype, too_large
from tabular.xlsx_rows import BLOCK, MOST_CELLS, MOST_TAGS, ROWS_BEGIN, Readable, split_rows
from tabular.xlsx_strings import SharedStrings

#: Inflated bytes without a complete row; more is a zip bomb or a picture, not a table.
LONGEST_ROW = 4 << 20
#: Inflated bytes of a sheet; a million rows of ten columns take half of this.
LARGEST_SHEET = 4 << 30
#: Bytes given to the XML parser at a time.
_PIECE = 1 << 16
#: Excel's limit of rows in a sheet.
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
        except (RuntimeError, NotImplementedError):  # zipfile: encrypted, or unknown compression
            raise damaged() from None

    def _rows(self, part: IO[bytes], strings: SharedStrings) -> Iterator[Row]:
        reader = RowReader(strings, self._book.kinds, is_1904=self._book.is_1904)
        head = part.read(BLOCK)
        refuse_doctype(head)
        counted = _Counted(part, self)
        self._taken = len(head)
        rows: Iterator[Row]
        if ROWS_BEGIN.search(head):
            rows = (
                reader.parsed(row, line)
                if isinstance(row, ET.Element)
                else reader.matched(row, line)
                for line, row in split_rows(counted, head, longest=LONGEST_ROW)
            )
        else:
            rows = (reader.parsed(row, 0) for row in self._elements(counted, head))
        for line, cells, problem in rows:
            if line > MOST_ROWS:
                raise FileProblem(_("The sheet has too many rows."), code="too_many_rows")
            if problem or any(cells):
                yield line, cells, problem

    def _elements(self, part: Readable, head: bytes) -> Iterator[ET.Element]:
        """Yield the complete row elements, and free them."""
        builder = ET.TreeBuilder()
        parser = growing_parser(builder)
        rows: ET.Element | None = None
        root: ET.Element | None = None
        idle = tags = 0
        # In small pieces, so that other threads can run in between.
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
                # The last row may be incomplete until another element follows sheetData.
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
    """A part that reports its progress to its table, and stops a zip bomb."""

    def __init__(self, part: IO[bytes], table: XlsxTable) -> None:
        self._part = part
        self._table = table

    def read(self, size: int) -> bytes:
        """Return the next bytes, at most `size`.

        Raises:
            FileProblem: the sheet is larger than LARGEST_SHEET, or reading takes too long.
        """
        check_time()
        block = self._part.read(size)
        self._table._taken += len(block)
        if self._table._taken > LARGEST_SHEET:
            raise too_large()
        return block


def open_xlsx(path: Path, *, sheet: str = "") -> XlsxTable:
    """Open a sheet of an XLSX workbook.

    Args:
        path: the file.
        sheet: the name of the sheet; empty: the first one with rows.

    Raises:
        FileProblem: it is damaged or another kind of zip archive, or the sheet is missing or empty.
    """
    book = read_workbook(path)
    return choose_sheet(
        lambda layout: XlsxTable(path, book, layout),
        kind="xlsx",
        names=tuple(book.sheets),
        hidden=book.hidden,
        sheet=sheet,
    )

"""Old Excel and WPS workbooks (.xls): at most 65,536 rows a sheet, read record by record.

Why not calamine or xlrd: calamine lays a sheet out as a dense block, which takes a gigabyte for one
cell in the last corner, and it crashes the process when a file's sectors form a loop. xlrd holds
every cell in memory. This reader holds one row at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from struct import error as StructError

from foundation.sentences import Sentence as _
from tabular.ole import BrokenFile, OleFile, OleStream
from tabular.problems import FileProblem, not_a_table
from tabular.sheets import choose_sheet
from tabular.stored_strings import StoredStrings
from tabular.tables import Layout, Row
from tabular.xls_cells import CellReader
from tabular.xls_records import Encrypted, Globals, read_globals, shared_strings

#: The most bytes that a file may have. The largest that Excel writes has about a hundred million.
LARGEST = 256 << 20
#: Other documents in compound files: a stream that each has, and its name for the operator.
_OTHERS = {"worddocument": "DOC", "powerpoint document": "PPT", "__properties_version1.0": "MSG"}


class XlsTable:
    """A sheet of an .xls workbook; see `tabular.tables.Table`."""

    def __init__(self, path: Path, book: Globals, layout: Layout) -> None:
        self.layout = layout
        self._path = path
        self._book = book
        self._start = book.sheets[layout.sheet]
        self._taken = 0

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self._path.stat().st_size

    @property
    def position(self) -> int:
        """Bytes of the sheet that have been read."""
        return self._taken

    def rows(self) -> Iterator[Row]:
        """Yield the rows from the beginning; see `Table.rows`."""
        self._taken = 0
        try:
            with self._path.open("rb") as file:
                stream = _workbook(OleFile(file))
                strings = StoredStrings(shared_strings(stream, self._book.strings))
                with closing(strings):
                    # Cells need a second stream: reading strings moves the position of the first.
                    reader = CellReader(_workbook(OleFile(file)), self._book, strings)
                    for row in reader.rows(self._start):
                        self._taken = reader.position - self._start
                        yield row
        except (BrokenFile, StructError, ValueError, IndexError, OverflowError, OSError):
            raise damaged() from None


def damaged() -> FileProblem:
    """Return the problem of a damaged workbook."""
    return FileProblem(
        _("The workbook is damaged or not a spreadsheet. Save it as XLSX or CSV, try again."),
        code="damaged",
    )


def open_xls(path: Path, *, sheet: str = "") -> XlsTable:
    """Open a sheet of an .xls workbook.

    Args:
        path: the file.
        sheet: the name of the sheet; empty: the first one with rows.

    Raises:
        FileProblem: it is encrypted, damaged or too large, or the sheet is missing or empty.
    """
    if path.stat().st_size > LARGEST:
        raise FileProblem(
            _("This old workbook (.xls) is too large. Save it as XLSX or CSV and try again."),
            code="too_large",
        )
    try:
        with path.open("rb") as file:
            book = read_globals(_workbook(OleFile(file)))
    except Encrypted:
        raise FileProblem(
            _("The workbook is protected by a password. Save it without one and try again."),
            code="encrypted",
        ) from None
    except (BrokenFile, StructError, ValueError, IndexError, OverflowError, OSError):
        raise damaged() from None
    return choose_sheet(
        lambda layout: XlsTable(path, book, layout),
        kind="xls",
        names=tuple(book.sheets),
        hidden=book.hidden,
        sheet=sheet,
    )


def _workbook(container: OleFile) -> OleStream:
    for name in ("workbook", "book"):
        if name in container.streams:
            return container.open(name)
    if "encryptedpackage" in container.streams:  # an XLSX with a password
        raise Encrypted
    for name, kind in _OTHERS.items():
        if name in container.streams:
            raise not_a_table(kind)
    raise BrokenFile

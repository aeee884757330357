"""Old Excel and WPS workbooks (.xls): at most 65,536 rows a sheet, read record by record.

Why not calamine or xlrd: the one lays a sheet out as a dense block, a gigabyte for one cell in the
last corner, and takes the process with it when a file's sectors run in a circle; the other holds
every cell. Here memory is that of the widest row, whatever the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from struct import error as StructError

from foundation.sentences import Sentence as _
from tabular.ole import BrokenFile, OleFile, OleStream
from tabular.problems import FileProblem
from tabular.stored_strings import StoredStrings
from tabular.tables import Layout, Row
from tabular.xls_cells import CellReader
from tabular.xls_records import Encrypted, Globals, read_globals, shared_strings

#: Bytes; the largest that Excel writes is some hundred.
LARGEST = 256 << 20
#: What else lies in compound files, by a stream it has.
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
        """Bytes of the sheet that are read."""
        return self._taken

    def rows(self) -> Iterator[Row]:
        """Yield the rows from the beginning; see `Table.rows`."""
        self._taken = 0
        try:
            with self._path.open("rb") as file:
                stream = _workbook(OleFile(file))
                strings = StoredStrings(shared_strings(stream, self._book.strings))
                with closing(strings):
                    # A reader of its own for the strings would read on where it left off.
                    reader = CellReader(_workbook(OleFile(file)), self._book, strings)
                    for row in reader.rows(self._start):
                        self._taken = reader.position - self._start
                        yield row
        except (BrokenFile, StructError, ValueError, IndexError, OverflowError, OSError):
            raise damaged() from None


def damaged() -> FileProblem:
    """Return the problem of a workbook that cannot be read."""
    return FileProblem(
        _("The workbook is damaged or not a spreadsheet. Save it as XLSX or CSV, try again."),
        code="damaged",
    )


def open_xls(path: Path, *, sheet: str = "") -> XlsTable:
    """Open an .xls workbook.

    Raises:
        FileProblem: it is encrypted, damaged, too large, or has no such sheet.
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
    names = tuple(book.sheets)
    if sheet and sheet not in names:
        raise FileProblem(
            _("The workbook has no sheet %(sheet)s.") % {"sheet": sheet}, code="no_sheet"
        )
    hidden = tuple(name for name in names if name in book.hidden)
    for name in (sheet,) if sheet else sorted(names, key=hidden.__contains__):
        table = XlsTable(path, book, Layout("xls", sheet=name, sheets=names, hidden=hidden))
        if sheet or next(table.rows(), None) is not None:
            return table
    raise FileProblem(_("The workbook is empty: no sheet has a row."), code="empty")


def _workbook(container: OleFile) -> OleStream:
    for name in ("workbook", "book"):
        if name in container.streams:
            return container.open(name)
    if "encryptedpackage" in container.streams:  # an XLSX with a password
        raise Encrypted
    for name, kind in _OTHERS.items():
        if name in container.streams:
            raise FileProblem(
                _(
                    "This is no table (%(kind)s). Save it from the spreadsheet as CSV or XLSX and "
                    "try again."
                )
                % {"kind": kind},
                code="not_a_table",
            )
    raise BrokenFile

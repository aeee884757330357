"""Old Excel and WPS workbooks (.xls), read by calamine: at most 65,536 rows a sheet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import python_calamine as calamine

from foundation.sentences import Sentence as _
from tabular.problems import FileProblem
from tabular.tables import LONGEST_CELL, Layout, Row

#: Bytes. calamine holds the whole sheet; the format's own limits keep that bounded.
LARGEST = 50 << 20


class XlsTable:
    """A sheet of an .xls workbook; see `tabular.tables.Table`."""

    def __init__(self, sheet: Any, layout: Layout) -> None:
        self.layout = layout
        self._sheet = sheet
        self._taken = 0

    @property
    def size(self) -> int:
        """Rows of the sheet."""
        return int(self._sheet.total_height)

    @property
    def position(self) -> int:
        """Rows read."""
        return self._taken

    def rows(self) -> Iterator[Row]:
        """Yield the rows from the beginning; see `Table.rows`."""
        for line, values in enumerate(self._sheet.to_python(skip_empty_area=False), 1):
            self._taken = line
            cells = [_text(value) for value in values]
            if any(cells):
                yield line, cells, _("contains a NUL byte") if "\x00" in "".join(cells) else ""


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
        book = calamine.load_workbook(str(path))
        names = tuple(book.sheet_names)
        if sheet and sheet not in names:
            raise FileProblem(
                _("The workbook has no sheet %(sheet)s.") % {"sheet": sheet}, code="no_sheet"
            )
        chosen = sheet or _first_filled(book, names)
        return XlsTable(book.get_sheet_by_name(chosen), Layout("xls", sheet=chosen, sheets=names))
    except calamine.PasswordError:
        raise FileProblem(
            _("The workbook is protected by a password. Save it without one and try again."),
            code="encrypted",
        ) from None
    except (calamine.CalamineError, OSError, ValueError):
        raise FileProblem(
            _("The workbook is damaged or not a spreadsheet. Save it as XLSX or CSV, try again."),
            code="damaged",
        ) from None


def _first_filled(book: Any, names: tuple[str, ...]) -> str:
    for name in names:
        if book.get_sheet_by_name(name).total_height:
            return name
    raise FileProblem(_("The workbook is empty: no sheet has a row."), code="empty")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value)[:LONGEST_CELL]

"""Writers of CSV that Excel opens correctly, and of XLSX: streamed, with formulas escaped.

Spreadsheets run a cell that begins with = + - @, a tab or a line end as a formula, so a person's
nickname could run code on an operator's machine. Such a cell gets an apostrophe in front.
Numbers stay as they are.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, BinaryIO

from tabular.xlsx_escapes import NOT_IN_XML, escaped

_DANGEROUS = tuple("=+-@\t\r\n|%＝＋－＠")
#: Characters that may stand before these: blanks, and the apostrophes of `escape_formula`.
_IN_FRONT = "' \u00a0\u3000\ufeff"
#: Stands between the cells of a row while it is looked at as a whole.
_BETWEEN = "\x1f"
_SUSPECT = re.compile(f"{_BETWEEN}[{re.escape(_IN_FRONT + ''.join(_DANGEROUS))}]")
#: A number with a sign is not a formula.
_NUMBER = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,10})?")
#: Limits of Excel: rows of a sheet, and characters of a cell.
MOST_ROWS_OF_A_SHEET = 1_048_576
LONGEST_CELL_OF_A_SHEET = 32_767
#: Rows of a CSV that are held before they are written.
FLUSHED_ROWS = 500


def escape_formula(value: Any) -> Any:
    """Return a cell's value in a form that no spreadsheet runs as a formula; only text is changed.

    Text that already looks escaped gets one more apostrophe. So `unescape_formula` returns the
    original of every text.
    """
    if not isinstance(value, str) or not value:
        return value
    # Spreadsheets ignore leading blanks.
    start = value.lstrip(_IN_FRONT)
    if start.startswith(_DANGEROUS) and not _NUMBER.fullmatch(value):
        return "'" + value
    return value


def unescape_formula(value: str) -> str:
    """Return a text as it was before `escape_formula`."""
    if value[:1] == "'" and value.lstrip(_IN_FRONT).startswith(_DANGEROUS):
        return value[1:]
    return value


class CsvText:
    """Rows as the text of a CSV file in UTF-8, with CRLF line ends, taken piece by piece."""

    def __init__(self) -> None:
        self._buffer = io.StringIO(newline="")
        self._writer = csv.writer(self._buffer)
        # Readers skip the blanks before a cell, unless they stand in its quotes.
        self._quoting_writer = csv.writer(self._buffer, quoting=csv.QUOTE_ALL)

    def add(self, row: Sequence[Any]) -> None:
        """Add a row; its formulas are escaped."""
        # One look at the whole row: most rows have nothing to escape, and texts alone.
        try:
            if not _SUSPECT.search(_BETWEEN + _BETWEEN.join(row)):
                self._writer.writerow(row)
                return
        except TypeError:
            pass
        cells = [escape_formula(cell) for cell in row]
        has_blank = any(isinstance(cell, str) and cell[:1] == " " for cell in cells)
        (self._quoting_writer if has_blank else self._writer).writerow(cells)

    def add_all(self, rows: Sequence[Sequence[Any]]) -> None:
        """Add rows, as `add` does one by one."""
        # One look at all of them: mostly there is nothing to escape, and texts alone.
        try:
            text = _BETWEEN + _BETWEEN.join(map(_BETWEEN.join, rows))
        except TypeError:
            text = ""
        if text and not _SUSPECT.search(text):
            self._writer.writerows(rows)
            return
        for row in rows:
            self.add(row)

    def take(self) -> bytes:
        """Return the bytes of the rows that were added since the last call."""
        # "replace", because a file that did not decode leaves lone surrogates, which do not encode.
        data = self._buffer.getvalue().encode("utf-8", "replace")
        self._buffer.seek(0)
        self._buffer.truncate()
        return data


class CsvWriter:
    """Writes CSV to a binary file that the caller closes; see `CsvText`.

    Args:
        out: the file.
        with_bom: whether the file begins with a BOM, which Excel needs to detect UTF-8.
    """

    def __init__(self, out: BinaryIO, *, with_bom: bool = True) -> None:
        self._out = out
        self._text = CsvText()
        if with_bom:
            out.write(codecs.BOM_UTF8)

    def write(self, rows: Iterable[Sequence[Any]]) -> int:
        """Write rows; return how many."""
        count, left = 0, iter(rows)
        while block := list(islice(left, FLUSHED_ROWS)):
            self._text.add_all(block)
            self._out.write(self._text.take())
            count += len(block)
        return count


class XlsxWriter:
    """Writes XLSX to a binary file, with as many sheets as the rows need; memory use is constant.

    Args:
        out: the file; written by `close`.
        title: the name of the first sheet; further ones add a number.
    """

    def __init__(self, out: BinaryIO, *, title: str = "1") -> None:
        from openpyxl import Workbook  # a tenth of the time in which a command starts

        self._out = out
        self._book = Workbook(write_only=True)
        self._title = title
        self._sheet = self._book.create_sheet(title)
        self._rows = 0

    def write(self, rows: Iterable[Sequence[Any]]) -> int:
        """Write rows; return how many."""
        count = 0
        for row in rows:
            if self._rows == MOST_ROWS_OF_A_SHEET:
                self._sheet = self._book.create_sheet(f"{self._title} {len(self._book.sheetnames)}")
                self._rows = 0
            self._sheet.append([_sheet_cell(cell) for cell in row])
            self._rows += 1
            count += 1
        return count

    def close(self) -> None:
        """Write the file."""
        self._book.save(self._out)


def _sheet_cell(value: Any) -> Any:
    if isinstance(value, str):
        text = escape_formula(NOT_IN_XML.sub("", value))
        return escaped(text)[:LONGEST_CELL_OF_A_SHEET]
    if isinstance(value, int) and abs(value) >= 10**15:
        return str(value)  # spreadsheets keep 15 digits
    if hasattr(value, "tzinfo") and value.tzinfo is not None:
        return value.replace(tzinfo=None)  # XLSX has no time zones
    return value

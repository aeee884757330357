"""The cells of a sheet of an old workbook, row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from struct import unpack_from

from foundation.sentences import Sentence as _
from tabular.number_formats import shown_number
from tabular.ole import OleStream
from tabular.problems import FileProblem
from tabular.stored_strings import StoredStrings
from tabular.tables import LONGEST_CELL, Row
from tabular.time_limit import is_limited
from tabular.xls_records import BIFF5, BOF, EOF, Globals, records, text_of

_NUMBER, _RK, _MULRK, _LABELSST = 0x203, 0x27E, 0xBD, 0xFD
_LABEL, _RSTRING, _BOOLERR, _FORMULA, _STRING = 0x204, 0xD6, 0x205, 0x06, 0x207
_CELLS = frozenset({_NUMBER, _RK, _MULRK, _LABELSST, _LABEL, _RSTRING, _BOOLERR, _FORMULA})
#: Cells that are sorted in memory if the rows of a file are not in order.
_MOST_UNORDERED = 300_000
#: Records whose order a preview checks.
_MOST_PREVIEWED = 50_000


class CellReader:
    """Turns the records of a sheet into rows of text.

    Attributes:
        position: the offset of the last record in the stream.
    """

    def __init__(self, stream: OleStream, book: Globals, strings: StoredStrings) -> None:
        self._stream, self._book, self._strings = stream, book, strings
        self._read: dict[int, Callable[[bytes], str]] = {
            _NUMBER: lambda data: self._number(unpack_from("<d", data, 6)[0], data),
            _RK: lambda data: self._number(_rk(unpack_from("<I", data, 6)[0]), data),
            _LABELSST: lambda data: self._strings[str(unpack_from("<I", data, 6)[0])],
            _LABEL: self._label,
            _RSTRING: self._label,
            _BOOLERR: lambda data: "" if data[7] else _truth(data[6]),
            _FORMULA: self._formula,
        }
        self.position = 0

    def rows(self, start: int) -> Iterator[Row]:
        """Yield the rows of the sheet whose records begin at the offset `start`.

        Raises:
            FileProblem: the rows are not in order, and too many to be sorted.
            struct.error, ValueError: the sheet is damaged.
        """
        if self._is_ordered(start):
            line, cells = -1, dict[int, str]()
            for row, column, text in self._cells(start):
                if row != line:
                    yield from _row(line, cells)
                    line, cells = row, {}
                cells[column] = text
            yield from _row(line, cells)
            return
        found: dict[int, dict[int, str]] = {}
        for count, (row, column, text) in enumerate(self._cells(start)):
            if count > _MOST_UNORDERED:
                raise FileProblem(
                    _("The rows of this old workbook are not in order. Save it as XLSX."),
                    code="unordered",
                )
            found.setdefault(row, {})[column] = text
        for line in sorted(found):
            yield from _row(line, found[line])

    def _is_ordered(self, start: int) -> bool:
        """Return whether the rows are in order; a preview checks only the first records."""
        last, most = 0, _MOST_PREVIEWED if is_limited() else None
        for number, at, _length in islice(self._records(start), most):
            if number in _CELLS:
                row = int.from_bytes(self._stream.read(at, 2), "little")
                if row < last:
                    return False
                last = row
        return True

    def _records(self, start: int) -> Iterator[tuple[int, int, int]]:
        """Yield the sheet's own records, without those of embedded charts."""
        depth = 0
        for number, at, length in records(self._stream, start):
            if number == BOF:
                depth += 1
            elif not depth:
                raise ValueError
            elif number == EOF:
                depth -= 1
                if not depth:
                    return
            elif depth == 1:
                self.position = at
                yield number, at, length

    def _cells(self, start: int) -> Iterator[tuple[int, int, str]]:
        """Yield (row, column, text) of the cells that are not empty; both count from 0."""
        waiting: tuple[int, int] | None = None
        for number, at, length in self._records(start):
            if number in _CELLS:
                data = self._stream.read(at, length)
                row, column = unpack_from("<HH", data)
                waiting = (row, column) if number == _FORMULA and _is_text(data) else None
                if number == _MULRK:
                    for step in range((length - 6) // 6):
                        value = _rk(unpack_from("<I", data, 6 + 6 * step)[0])
                        yield row, column + step, self._number(value, data, 4 + 6 * step)
                elif waiting is None:
                    text = self._read[number](data)
                    if text:
                        yield row, column, text[:LONGEST_CELL]
            elif number == _STRING and waiting:
                yield *waiting, self._text(self._stream.read(at, length), 0)
                waiting = None

    def _number(self, value: float, data: bytes, at: int = 4) -> str:
        kinds, style = self._book.kinds, unpack_from("<H", data, at)[0]
        kind = kinds[style] if style < len(kinds) else ""
        return shown_number(repr(value), kind, is_1904=self._book.is_1904)

    def _label(self, data: bytes) -> str:
        return self._text(data, 6)

    def _text(self, data: bytes, at: int) -> str:
        length = unpack_from("<H", data, at)[0]
        if self._book.version == BIFF5:
            return data[at + 2 : at + 2 + length].decode(self._book.encoding, "replace")
        flags, at = data[at + 2], at + 3
        at += 2 * bool(flags & 8) + 4 * bool(flags & 4)
        return text_of(data[at:], length, is_wide=bool(flags & 1))

    def _formula(self, data: bytes) -> str:
        if data[12:14] != b"\xff\xff":
            return self._number(unpack_from("<d", data, 6)[0], data)
        # The kind of value: 1 is a truth value, 2 an error, 3 empty.
        return _truth(data[8]) if data[6] == 1 else ""


def _is_text(formula: bytes) -> bool:
    """Return whether a formula's value is text, which the next record contains."""
    return formula[12:14] == b"\xff\xff" and formula[6] == 0


def _rk(packed: int) -> float:
    """Return the number of an RK value, which packs it into 30 bits."""
    if packed & 2:
        value = float((packed - (1 << 32) if packed & 1 << 31 else packed) >> 2)
    else:
        value = unpack_from("<d", b"\0\0\0\0" + (packed & 0xFFFFFFFC).to_bytes(4, "little"))[0]
    return value / 100 if packed & 1 else value


def _truth(value: int) -> str:
    return "TRUE" if value else "FALSE"


def _row(line: int, cells: dict[int, str]) -> Iterator[Row]:
    if not any(cells.values()):
        return
    texts = [""] * (max(cells) + 1)
    for column, text in cells.items():
        texts[column] = text
    yield line + 1, texts, _("contains a NUL byte") if "\x00" in "".join(texts) else ""

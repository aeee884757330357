"""Writes old workbooks (.xls, BIFF8) as WPS Office does: merged titles, formats, shared strings.

No library in use writes this format any more, and a test needs to know what is in its file.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from struct import pack

#: The formats of the cell styles, by the number of the style (XF).
FORMATS = {0: "General", 1: "#,##0.00", 2: "yyyy-mm-dd", 3: "0%"}
#: Bytes of a sector, and marks of the FAT: end of a chain, free, a sector of the FAT itself.
_SECTOR, _END, _FREE, _OF_FAT = 512, 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
#: Streams of fewer bytes would have to lie in the container's small sectors.
_LEAST_STREAM = 4096
_DAY_ZERO = date(1899, 12, 30)

#: A cell: a text, a number, a day, (number, style), or None for a blank one.
Cell = str | int | float | date | tuple[float, int] | None
#: A merged range: first row, last row, first column, last column.
Merged = tuple[int, int, int, int]


def write_xls(
    rows: Sequence[Sequence[Cell]], *, sheet: str, merged: Sequence[Merged] = ()
) -> bytes:
    """Return a workbook with one sheet."""
    texts = list(dict.fromkeys(cell for row in rows for cell in row if isinstance(cell, str)))
    places = {text: n for n, text in enumerate(texts)}
    cells = b"".join(
        _cell(r, c, cell, places)
        for r, row in enumerate(rows)
        for c, cell in enumerate(row)
        if cell is not None
    )
    width = max(len(row) for row in rows)
    ranges = b"".join(pack("<4H", *one) for one in merged)
    body = (
        _record(0x809, pack("<HHHHII", 0x600, 0x10, 0, 1997, 0, 6))
        + _record(0x200, pack("<IIHHH", 0, len(rows), 0, width, 0))
        + cells
        + (_record(0xE5, pack("<H", len(merged)) + ranges) if merged else b"")
        + _record(0x0A, b"")
    )
    head, tail = _globals(), _strings(texts) + _record(0x0A, b"")
    place = len(head) + len(_bound(0, sheet)) + len(tail)
    return _container(head + _bound(place, sheet) + tail + body)


def _record(number: int, content: bytes) -> bytes:
    return pack("<HH", number, len(content)) + content


def _globals() -> bytes:
    formats = b"".join(
        _record(0x41E, pack("<HHB", 164 + n, len(text), 0) + text.encode("latin-1"))
        for n, text in FORMATS.items()
    )
    styles = b"".join(_record(0xE0, pack("<HH", 0, 164 + n) + bytes(16)) for n in FORMATS)
    return (
        _record(0x809, pack("<HHHHII", 0x600, 5, 0, 1997, 0, 6))
        + _record(0x42, pack("<H", 1200))
        + _record(0x22, pack("<H", 0))
        + formats
        + styles
    )


def _bound(place: int, name: str) -> bytes:
    wide = name.encode("utf-16-le")
    return _record(0x85, pack("<IBBBB", place, 0, 0, len(wide) // 2, 1) + wide)


def _strings(texts: Sequence[str]) -> bytes:
    """Return the shared strings: a record, and CONTINUE records where it is full."""
    pieces = [pack("<II", len(texts), len(texts))]
    for text in texts:
        wide = text.encode("utf-16-le")
        piece = pack("<HB", len(wide) // 2, 1) + wide
        if len(pieces[-1]) + len(piece) > 8_000:
            pieces.append(b"")
        pieces[-1] += piece
    return b"".join(_record(0x3C if n else 0xFC, piece) for n, piece in enumerate(pieces))


def _cell(row: int, column: int, cell: Cell, places: dict[str, int]) -> bytes:
    if isinstance(cell, str):
        return _record(0xFD, pack("<HHHI", row, column, 0, places[cell]))
    if isinstance(cell, date):
        cell = ((cell - _DAY_ZERO).days, 2)
    number, style = cell if isinstance(cell, tuple) else (cell, 0)
    assert number is not None
    return _record(0x203, pack("<HHHd", row, column, style, number))


def _container(stream: bytes) -> bytes:
    """Return a compound file (OLE) that holds the stream under the name "Workbook"."""
    stream = stream.ljust(max(_LEAST_STREAM, -(-len(stream) // _SECTOR) * _SECTOR), b"\0")
    count = len(stream) // _SECTOR
    fats = 1
    while (count + 1 + fats) * 4 > fats * _SECTOR:
        fats += 1
    # Sectors: the FAT, the directory, the stream.
    first = fats + 1
    chain = [_OF_FAT] * fats + [_END] + [n + 1 for n in range(first, first + count)]
    chain[-1] = _END
    chain += [_FREE] * (fats * _SECTOR // 4 - len(chain))
    places = [*range(fats), *[_FREE] * (109 - fats)]
    head = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + bytes(16)
        + pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
        + bytes(6)
        + pack("<9I", 0, fats, fats, 0, _LEAST_STREAM, _END, 0, _END, 0)
        + pack("<109I", *places)
    )
    directory = _entry("Root Entry", 5, child=1, start=_END) + _entry(
        "Workbook", 2, start=first, size=len(stream)
    )
    return head + pack(f"<{len(chain)}I", *chain) + directory.ljust(_SECTOR, b"\0") + stream


def _entry(name: str, kind: int, *, child: int = _FREE, start: int, size: int = 0) -> bytes:
    wide = name.encode("utf-16-le") + b"\0\0"
    return (
        wide.ljust(64, b"\0")
        + pack("<HBB", len(wide), kind, 1)
        + pack("<3I", _FREE, _FREE, child)
        + bytes(36)
        + pack("<IQ", start, size)
    )

"""The records of an old workbook (BIFF): its globals and its shared strings.

[MS-XLS] specifies them. Excel 97 and later write BIFF8, Excel 5 and 95 write BIFF5. Text in BIFF5
is in the code page that the workbook names.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, field
from struct import unpack_from

from tabular.number_formats import kind_of_format
from tabular.ole import OleStream
from tabular.tables import LONGEST_CELL

BOF, EOF, CONTINUE = 0x809, 0x0A, 0x3C
_FILEPASS, _CODEPAGE, _DATEMODE = 0x2F, 0x42, 0x22
_BOUNDSHEET, _FORMAT, _XF, _SST = 0x85, 0x41E, 0xE0, 0xFC
BIFF8, BIFF5 = 0x600, 0x500
#: Sheets, formats and styles that are read; further ones are ignored.
_MOST_SHEETS, _MOST_FORMATS, _MOST_STYLES = 1_000, 10_000, 70_000
LONGEST_SHEET_NAME = 100
#: Strings yielded at a time.
_STRINGS = 1_000
#: Code pages whose codec is not called cp<number>.
_TRANSLATED = {1200: "utf-16-le", 10000: "mac_roman", 32768: "mac_roman", 32769: "cp1252"}

#: (record number, offset of its content in the stream, length of its content).
Record = tuple[int, int, int]


class Encrypted(Exception):
    """The workbook is protected by a password."""


@dataclass(slots=True)
class Globals:
    """The workbook's global records, which stand before the sheets.

    Attributes:
        version: BIFF8 or BIFF5.
        sheets: name -> offset of its records.
        hidden: the names of hidden sheets.
        kinds: for each cell style, the kind of value it shows; see `tabular.number_formats`.
        is_1904: whether days count from 1904.
        encoding: the encoding of text in BIFF5.
        strings: (offset, length) of the records with the shared strings.
    """

    version: int = 0
    sheets: dict[str, int] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    kinds: list[str] = field(default_factory=list)
    is_1904: bool = False
    encoding: str = "cp1252"
    strings: list[tuple[int, int]] = field(default_factory=list)


def records(stream: OleStream, at: int) -> Iterator[Record]:
    """Yield the records from the offset `at` to the end of the stream."""
    while len(head := stream.read(at, 4)) == 4:
        number, length = unpack_from("<HH", head)
        yield number, at + 4, length
        at += 4 + length


def read_globals(stream: OleStream) -> Globals:
    """Read the global records of a workbook.

    Raises:
        Encrypted: it is protected by a password.
        ValueError, struct.error: it is not a workbook.
    """
    found = Globals()
    formats: dict[int, str] = {}
    styles: list[int] = []
    last = 0
    for number, at, length in records(stream, 0):
        if not found.version:
            if number != BOF:
                raise ValueError
            found.version = unpack_from("<H", stream.read(at, 2))[0]
            if found.version not in (BIFF8, BIFF5):
                raise ValueError
        elif number == _FILEPASS:
            raise Encrypted
        elif number == _CODEPAGE:
            found.encoding = _codec(unpack_from("<H", stream.read(at, 2))[0])
        elif number == _DATEMODE:
            found.is_1904 = unpack_from("<H", stream.read(at, 2))[0] == 1
        elif number == _BOUNDSHEET and len(found.sheets) < _MOST_SHEETS:
            _note_sheet(found, stream.read(at, length))
        elif number == _FORMAT and len(formats) < _MOST_FORMATS:
            data = stream.read(at, length)
            formats[unpack_from("<H", data)[0]] = _short_text(data, 2, found, wide=True)
        elif number == _XF and len(styles) < _MOST_STYLES:
            styles.append(unpack_from("<H", stream.read(at, 4), 2)[0])
        elif number == _SST or (number == CONTINUE and last == _SST):
            found.strings.append((at, length))
            number = _SST
        elif number == EOF:
            break
        last = number
    known = {n: kind_of_format(n, formats.get(n)) for n in set(styles)}
    found.kinds = [known[n] for n in styles]
    return found


def _codec(page: int) -> str:
    name = _TRANSLATED.get(page, f"cp{page}")
    try:
        return codecs.lookup(name).name
    except LookupError:
        return "cp1252"


def _note_sheet(found: Globals, data: bytes) -> None:
    place, hidden, kind = unpack_from("<IBB", data)
    if kind == 0:  # not a chart or a macro sheet
        name = _short_text(data, 6, found, wide=False)[:LONGEST_SHEET_NAME]
        found.sheets.setdefault(name, place)
        if hidden & 3:
            found.hidden.add(name)


def _short_text(data: bytes, at: int, found: Globals, *, wide: bool) -> str:
    """Return a text that lies completely in its record.

    Args:
        data: the record.
        at: the offset of the text's length.
        found: the globals, for version and encoding.
        wide: whether the length takes 2 bytes in BIFF8.
    """
    if found.version == BIFF5:
        return data[at + 1 : at + 1 + data[at]].decode(found.encoding, "replace")
    length, at = (unpack_from("<H", data, at)[0], at + 2) if wide else (data[at], at + 1)
    return text_of(data[at + 1 :], length, is_wide=bool(data[at] & 1))


def text_of(data: bytes, length: int, *, is_wide: bool) -> str:
    """Return a text of BIFF8: two bytes for each character, or one if none needs two."""
    length = min(length, LONGEST_CELL)
    if is_wide:
        return data[: 2 * length].decode("utf-16-le", "replace")
    return data[:length].decode("latin-1")


def shared_strings(stream: OleStream, places: list[tuple[int, int]]) -> Iterator[list[bytes]]:
    """Yield the shared strings in UTF-8, several at a time."""
    pieces = _Pieces(stream, places)
    head = pieces.take(8)
    count = unpack_from("<I", head, 4)[0] if len(head) == 8 else 0
    texts: list[bytes] = []
    for _number in range(count):
        text = _shared(pieces)
        if text is None:
            break
        texts.append(text.encode("utf-8", "replace"))
        if len(texts) == _STRINGS:
            yield texts
            texts = []
    yield texts


def _shared(pieces: _Pieces) -> str | None:
    """Return the next string without its formats and phonetic guides; None: there is none."""
    head = pieces.take(3)
    if len(head) < 3:
        return None
    length, flags = unpack_from("<HB", head)
    behind = 0
    if flags & 8:
        behind = 4 * int.from_bytes(pieces.take(2), "little")
    if flags & 4:
        behind += int.from_bytes(pieces.take(4), "little")
    text = pieces.characters(length, is_wide=bool(flags & 1))
    pieces.skip(behind)
    return text


class _Pieces:
    """The joined content of a record and the CONTINUE records after it."""

    def __init__(self, stream: OleStream, places: list[tuple[int, int]]) -> None:
        self._stream = stream
        self._places = iter(places)
        self._data, self._at = b"", 0

    def _next(self) -> bool:
        place = next(self._places, None)
        if place is None:
            return False
        self._data, self._at = self._stream.read(*place), 0
        return True

    def take(self, size: int) -> bytes:
        """Return the next bytes; fewer at the end of the last record."""
        found = self._data[self._at : self._at + size]
        self._at += len(found)
        while len(found) < size and self._next():
            more = self._data[: size - len(found)]
            self._at = len(more)
            found += more
        return found

    def skip(self, size: int) -> None:
        """Skip bytes."""
        while size > 0:
            left = len(self._data) - self._at
            if size <= left:
                self._at += size
                return
            size -= left
            if not self._next():
                self._data, self._at = b"", 0
                return

    def characters(self, count: int, *, is_wide: bool) -> str:
        """Return the next characters; a CONTINUE record begins with a new flag for their width."""
        text = ""
        while True:
            width = 2 if is_wide else 1
            here = min(count, (len(self._data) - self._at) // width)
            end = self._at + here * width
            text += text_of(self._data[self._at : end], here, is_wide=is_wide)
            self._at, count = end, count - here
            if not count or not self._next() or not self._data:
                return text
            is_wide, self._at = bool(self._data[0] & 1), 1

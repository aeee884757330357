"""The shared strings of a workbook, out of memory: a million names are most of a workbook."""

from __future__ import annotations

import os
import re
import tempfile
import zipfile
from array import array
from collections.abc import Iterator
from itertools import accumulate
from typing import IO
from xml.etree import ElementTree as ET

from tabular.tables import LONGEST_CELL
from tabular.xlsx_parts import damaged, growing_parser, local, refuse_doctype

#: Inflated bytes of the shared strings.
LARGEST_STRINGS = 2 << 30
#: Shared strings kept in memory. What many cells refer to comes first: programs number strings as
#: they meet them.
KEPT_STRINGS = 20_000
#: Bytes of one shared string's XML.
LONGEST_STRING = 16 << 20
BLOCK = 1 << 18

#: Where the strings begin; a part without it is written in a way of its own.
_STRINGS_BEGIN = re.compile(rb"<sst(?: [^>]*)?>(?=\s*<si>)")
#: A string without formats, entities and control characters: those are the parser's.
_PLAIN = re.compile(
    rb'<si><t(?: xml:space="preserve")?+>([^<&\x00-\x08\x0b-\x1f]*+)</t>'
    rb"(?:<phoneticPr[^<>]*/>)?+</si>"
)
_STRING, _STRING_END = b"<si", b"</si>"


class SharedStrings:
    """The strings of a workbook in a temporary file: memory is 4 bytes a string.

    They are read as far as somebody asks: a preview of twenty rows does not read a million.

    Attributes:
        kept: the first ones by number, as far as they have been read; for those who ask a million
            times.
    """

    def __init__(self, archive: zipfile.ZipFile, part: str) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close()
        self._offsets = array("I", (0,))
        self._written = 0
        self.kept: dict[str, str] = {}
        self._page, self._page_start = b"", 0
        self._more = _blocks(archive, part) if part else iter(())

    def close(self) -> None:
        """Remove the temporary file."""
        self._file.close()

    def __getitem__(self, reference: str) -> str:
        """Return the string that a cell refers to; "" where there is none."""
        if not (reference.isascii() and reference.isdecimal() and len(reference) < 10):
            return ""
        number = int(reference)
        if number >= self._written and not self._read_to(number):
            return ""
        start, end = self._offsets[number], self._offsets[number + 1]
        begin = start - self._page_start
        if begin < 0 or end > self._page_start + len(self._page):
            # Cells mostly refer to strings in order: read ahead.
            self._page = os.pread(self._file.fileno(), max(1 << 16, end - start), start)
            self._page_start, begin = start, 0
        return self._page[begin : begin + end - start].decode("utf-8", "replace")

    def _read_to(self, number: int) -> bool:
        """Read on until the string of this number, and some more, is in the file."""
        while self._written <= number:
            texts = next(self._more, None)
            if texts is None:
                return False
            few = texts[: max(0, KEPT_STRINGS - self._written)]
            for place, text in enumerate(few, self._written):
                self.kept[str(place)] = text.decode("utf-8", "replace")
            ends = accumulate(map(len, texts), initial=self._offsets.pop())
            self._offsets.extend(ends)
            self._file.write(b"".join(texts))
            self._written += len(texts)
        self._file.flush()
        return True


def _blocks(archive: zipfile.ZipFile, part: str) -> Iterator[list[bytes]]:
    """Yield the strings, in UTF-8, some at a time."""
    with archive.open(part) as file:
        head = file.read(BLOCK)
        refuse_doctype(head)
        begin = _STRINGS_BEGIN.search(head)
        found = _by_pattern(file, head, begin) if begin else _by_parser(file, head)
        for texts in found:
            yield [
                text if len(text) <= LONGEST_CELL else _encoded(text.decode("utf-8", "replace"))
                for text in texts
            ]


def _by_pattern(file: IO[bytes], head: bytes, begin: re.Match[bytes]) -> Iterator[list[bytes]]:
    """Yield the strings of a part as Excel, WPS and openpyxl write it.

    Pieces that are more than plain strings go to the parser, within the part's own root element.
    """
    buffer, taken = head[begin.end() :], len(head)
    while True:
        cut = buffer.rfind(_STRING_END) + len(_STRING_END)
        if cut >= len(_STRING_END):
            piece, buffer = buffer[:cut], buffer[cut:]
            texts = _PLAIN.findall(piece)
            if len(texts) != piece.count(_STRING):
                texts = [_string(item) for item in ET.fromstring(begin[0] + piece + b"</sst>")]  # noqa: S314 - no DOCTYPE here
            yield texts
        more = file.read(BLOCK)
        taken += len(more)
        if not more:
            if not buffer.lstrip().startswith(b"</sst"):
                raise damaged()
            return
        buffer += more
        if len(buffer) > LONGEST_STRING or taken > LARGEST_STRINGS:
            raise damaged()


def _by_parser(file: IO[bytes], head: bytes) -> Iterator[list[bytes]]:
    builder = ET.TreeBuilder()
    parser = growing_parser(builder)
    root: ET.Element | None = None
    block, idle, taken = head, 0, 0
    while block:
        idle += len(block)
        taken += len(block)
        parser.feed(block)
        if root is None:
            root = builder.close()
        finished = root[:-1] if root is not None else []
        if root is not None and finished:
            idle = 0
            yield [_string(item) for item in finished]
            del root[: len(finished)]
        if idle > LONGEST_STRING or taken > LARGEST_STRINGS:
            raise damaged()
        block = file.read(BLOCK)
    parser.close()
    if root is not None:
        yield [_string(item) for item in root]


def _string(element: ET.Element) -> bytes:
    """Text without the phonetic guides (rPh)."""
    text = "".join(
        child.text or "" if local(child.tag) == "t" else "".join(t.text or "" for t in child)
        for child in element
        if local(child.tag) in ("t", "r")
    )
    return _encoded(text)


def _encoded(text: str) -> bytes:
    return text[:LONGEST_CELL].encode("utf-8", "replace")

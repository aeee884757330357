"""Rows of a sheet by pattern: what Excel, WPS and openpyxl write, at several times an XML parser.

A row whose cells do not all look as usual is given to the XML parser, alone. So nothing is guessed:
a cell is either matched whole or parsed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Protocol
from xml.etree import ElementTree as ET

from django.utils.translation import gettext as _

from tabular.problems import FileProblem
from tabular.xlsx_parts import damaged

#: Where the rows begin; a sheet without it is written in a way of its own.
ROWS_BEGIN = re.compile(rb"<sheetData[^>]*>")
#: Column, style, type, value. No entities in the value: those are the parser's.
Cell = tuple[bytes, bytes, bytes, bytes]
_CELL = re.compile(
    rb'<c r="([A-Z]{1,3})[0-9]{1,7}"(?: s="([0-9]{1,6})")?(?: t="(s|n|str|b)")?'
    rb"(?:/>|>(?:<v>([^<&]*)</v>)?</c>)"
)
_NUMBER = re.compile(rb'\br="([0-9]{1,12})"')

BLOCK = 1 << 18
#: Excel's own.
MOST_CELLS = 16_384


class Readable(Protocol):
    """What gives a part's bytes."""

    def read(self, size: int, /) -> bytes:
        """Return some more."""


def too_much() -> FileProblem:
    """Return the problem of a sheet that is no table but a bomb."""
    return FileProblem(
        _("The sheet unpacks to more than a table can be: it is not read."), code="bomb"
    )


def split_rows(
    part: Readable, head: bytes, *, longest: int
) -> Iterator[tuple[int, list[Cell] | ET.Element]]:
    """Yield (line or 0, cells or the row's element) for each row.

    Args:
        part: the sheet's XML, behind `head`.
        head: its beginning, with ROWS_BEGIN in it.
        longest: bytes of a row.

    Raises:
        FileProblem: a row without an end, or something else where rows should be.
    """
    begin = ROWS_BEGIN.search(head)
    if begin is None or begin[0].endswith(b"/>"):
        return
    buffer, at = head, begin.end()
    while True:
        start = buffer.find(b"<", at)
        close = buffer.find(b">", start) if start >= 0 else -1
        if close >= 0 and buffer.startswith(b"</sheetData", start):
            return
        if close >= 0 and not buffer.startswith(b"<row", start):
            raise damaged()
        is_empty = close >= 0 and buffer[close - 1] == ord("/")
        end = close if is_empty else buffer.find(b"</row>", close) if close >= 0 else -1
        if end < 0:
            more = part.read(BLOCK)
            if not more:
                raise damaged()
            buffer, at = buffer[at:] + more, 0
            if len(buffer) > longest + BLOCK:
                raise too_much()
            continue
        number = _NUMBER.search(buffer, start, close)
        line = int(number[1]) if number else 0
        body = b"" if is_empty else buffer[close + 1 : end]
        at = end + (1 if is_empty else 6)
        count = body.count(b"<c")
        if count > MOST_CELLS:
            raise too_much()
        cells = _CELL.findall(body)
        if count == len(cells):
            yield line, cells
        else:
            yield line, ET.fromstring(b"<row>" + body + b"</row>")  # noqa: S314 - no DOCTYPE here

"""Rows of a sheet by pattern: what Excel, WPS and openpyxl write, at several times an XML parser.

A row that does not look as usual from end to end is given to the XML parser, alone. So nothing is
guessed: a row is either matched whole or parsed.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Protocol, TypeAlias
from xml.etree import ElementTree as ET

from tabular.tables import MOST_COLUMNS
from tabular.xlsx_problems import damaged, too_large

#: Where the rows begin; a sheet without it is written in a way of its own.
ROWS_BEGIN = re.compile(rb"<sheetData[^>]*>")
#: What a row matched whole consists of: its line, then for each column up to the pattern's width
#: the attributes and the value of its cell, None where there is none.
MatchedRow: TypeAlias = tuple[str | None, ...]

# Possessive, all of it: whatever the text, every character is looked at once. No entities and no
# control characters in a value: those are the parser's.
_ROW = r'\s*+<row(?: r="([0-9]{1,7}+)"[^<>/]*+)?+>'
_CELL = (
    r'(?:<c r="%s[0-9]{1,7}+"((?: s="[0-9]{1,6}+"| t="(?:s|n|str|b|inlineStr)"){0,2}+)'
    r'(?:/>|>(?:(?:(?:<f[^<>/]*+>[^<]*+</f>)?+<v>|<is><t(?: xml:space="preserve")?+>)'
    r"([^<&\x00-\x1f]*+)(?:</v>|</t></is>))?+</c>))?+"
)
_END = r"</row>"
_NUMBER = re.compile(r'\br="([0-9]{1,12})"')

BLOCK = 1 << 18
#: Excel's own.
MOST_CELLS = 16_384
#: Tags of a row; each costs a hundred bytes of tree.
MOST_TAGS = 120_000
#: What prefixes stand for, as the sheet's first tag says; a row is parsed without that tag.
_PREFIX = re.compile(rb'\sxmlns:[\w.-]{1,40}="[^"<&]{0,300}"')


class Readable(Protocol):
    """What gives a part's bytes."""

    def read(self, size: int, /) -> bytes:
        """Return some more."""


def column_number(reference: str) -> int:
    """Return the column of a cell's reference ("C7"), counted from 0; -1 where it has none."""
    number = 0
    for letter in reference.rstrip("0123456789")[:4].upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


def column_letters(number: int) -> str:
    """Return the letters of a column, counted from 0."""
    letters = ""
    while number >= 0:
        number, letter = divmod(number, 26)
        letters, number = chr(65 + letter) + letters, number - 1
    return letters


def row_pattern(width: int) -> re.Pattern[str]:
    """Return the pattern of a usual row of up to so many columns."""
    cells = "".join(_CELL % column_letters(number) for number in range(width))
    return re.compile(_ROW + cells + _END)


def split_rows(
    part: Readable, head: bytes, *, longest: int
) -> Iterator[tuple[int, MatchedRow | ET.Element]]:
    """Yield (line or 0, the row matched whole, or its element) for each row.

    Args:
        part: the sheet's XML, behind `head`.
        head: its beginning, with ROWS_BEGIN in it.
        longest: characters of a row.

    Raises:
        FileProblem: a row without an end, or something else where rows should be.
    """
    begin = ROWS_BEGIN.search(head)
    if begin is None or begin[0].endswith(b"/>"):
        return
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    prefixes = b"".join(dict.fromkeys(_PREFIX.findall(head, 0, begin.start())))
    opening = "<row" + prefixes.decode("utf-8", "replace") + ">"
    buffer, at, width = decoder.decode(head[begin.end() :]), 0, 0
    match = row_pattern(0).match
    while True:
        while found := match(buffer, at):
            at, row = found.end(), found.groups()
            yield int(row[0] or 0), row
        odd, at = _unusual(buffer, at, opening)
        if odd is not None:
            yield odd
            needed = _width(odd[1])
            if width < needed <= MOST_COLUMNS:  # a few times at most: it doubles
                width = min(max(needed, 2 * width), MOST_COLUMNS)
                match = row_pattern(width).match
            continue
        if at < 0:
            return
        more = part.read(BLOCK)
        if not more:
            raise damaged()
        buffer, at = buffer[at:] + decoder.decode(more), 0
        if len(buffer) > longest + BLOCK:
            raise too_large()


def _unusual(buffer: str, at: int, opening: str) -> tuple[tuple[int, ET.Element] | None, int]:
    """Return the next row, parsed, and what is behind it; None and -1 at the end of the rows.

    None and where to go on when more of the sheet has to be read first.
    """
    start = buffer.find("<", at)
    while buffer.startswith(("<!--", "<?"), start):
        behind = buffer.find("-->" if buffer.startswith("<!", start) else "?>", start)
        if behind < 0:
            return None, at
        start = buffer.find("<", behind)
    close = buffer.find(">", start) if start >= 0 else -1
    if close < 0:
        return None, at
    if buffer.startswith("</sheetData", start):
        return None, -1
    if not buffer.startswith("<row", start):
        raise damaged()
    is_empty = buffer[close - 1] == "/"
    end = close if is_empty else buffer.find("</row>", close)
    if end < 0:
        return None, at
    number = _NUMBER.search(buffer, start, close)
    body = "" if is_empty else buffer[close + 1 : end]
    if body.count("<c") > MOST_CELLS or body.count("<") > MOST_TAGS:
        raise too_large()
    element = ET.fromstring(opening + body + "</row>")  # noqa: S314 - no DOCTYPE here
    return (int(number[1]) if number else 0, element), end + (1 if is_empty else len(_END))


def _width(row: ET.Element) -> int:
    return max(len(row), column_number(row[-1].get("r", "")) + 1) if len(row) else 0

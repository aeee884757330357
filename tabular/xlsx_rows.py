"""Rows of a sheet, read by a pattern that is several times as fast as an XML parser.

The pattern matches rows as Excel, WPS and openpyxl write them. It matches a row completely or not
at all, and a row that it does not match goes to the XML parser on its own. So nothing is guessed.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Protocol, TypeAlias
from xml.etree import ElementTree as ET

from tabular.tables import MOST_COLUMNS
from tabular.xlsx_problems import damaged, too_large

#: The tag before the rows; a sheet without it in this form goes to the XML parser.
ROWS_BEGIN = re.compile(rb"<sheetData[^>]*>")
#: The groups of a matched row: its line, then for each column up to the pattern's width the
#: attributes and the value of its cell, or None.
MatchedRow: TypeAlias = tuple[str | None, ...]

# All quantifiers are possessive, so the time is linear for every text. Values with entities or
# control characters do not match and go to the parser.
_ROW = r'\s*+<row(?: r="([0-9]{1,7}+)"[^<>/]*+)?+>'
_CELL = (
    r'(?:<c r="%s[0-9]{1,7}+"((?: s="[0-9]{1,6}+"| t="(?:s|n|str|b|inlineStr)"){0,2}+)'
    r'(?:/>|>(?:(?:(?:<f[^<>/]*+>[^<]*+</f>)?+<v>|<is><t(?: xml:space="preserve")?+>)'
    r"([^<&\x00-\x1f]*+)(?:</v>|</t></is>))?+</c>))?+"
)
_END = r"</row>"
_NUMBER = re.compile(r'\br="([0-9]{1,12})"')

#: Bytes read at a time.
BLOCK = 1 << 18
#: Excel's limit of cells in a row.
MOST_CELLS = 16_384
#: Tags of a row; each takes a hundred bytes in the tree.
MOST_TAGS = 120_000
#: Namespace prefixes, declared in the sheet's first tag; a row that is parsed alone needs them.
_PREFIX = re.compile(rb'\sxmlns:[\w.-]{1,40}="[^"<&]{0,300}"')


class Readable(Protocol):
    """A part of a workbook that is open for reading."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, at most `size`."""


def column_number(reference: str) -> int:
    """Return the column of a cell reference ("C7"), counted from 0; -1 if it has none."""
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
    """Return the pattern for rows with up to `width` columns."""
    cells = "".join(_CELL % column_letters(number) for number in range(width))
    return re.compile(_ROW + cells + _END)


def split_rows(
    part: Readable, head: bytes, *, longest: int
) -> Iterator[tuple[int, MatchedRow | ET.Element]]:
    """Yield (line or 0, the matched row or its parsed element) for each row.

    Args:
        part: the sheet's XML after `head`.
        head: the beginning of the sheet's XML, with ROWS_BEGIN in it.
        longest: the most characters of a row.

    Raises:
        FileProblem: a row has no end, or there is something else between the rows.
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
            if width < needed <= MOST_COLUMNS:  # happens a few times at most, because it doubles
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
    """Parse the next row with the XML parser.

    Returns:
        (line and row, the position after it); (None, -1) at the end of the rows; (None, the
        position to continue from) if more of the sheet has to be read first.
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

"""The shared strings of an XLSX workbook, read as the archive is inflated."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from typing import IO
from xml.etree import ElementTree as ET

from tabular.stored_strings import StoredStrings
from tabular.tables import LONGEST_CELL
from tabular.time_limit import check_time
from tabular.xlsx_escapes import unescaped
from tabular.xlsx_parts import growing_parser
from tabular.xlsx_problems import damaged, local_name, refuse_doctype

#: Inflated bytes of the shared strings.
LARGEST_STRINGS = 2 << 30
#: Bytes of one shared string's XML, and tags in it; each tag takes a hundred bytes in the tree.
LONGEST_STRING = 4 << 20
MOST_TAGS = 120_000
#: Bytes read at a time.
BLOCK = 1 << 18

#: The tag before the strings; a part without it in this form goes to the XML parser.
_STRINGS_BEGIN = re.compile(rb"<sst(?: [^>]*)?>(?=\s*<si>)")
#: A string without formats, entities and control characters; other strings go to the parser.
_PLAIN = re.compile(
    rb'<si><t(?: xml:space="preserve")?+>([^<&\x00-\x08\x0b-\x1f]*+)</t>'
    rb"(?:<phoneticPr[^<>]*/>)?+</si>"
)
_STRING, _STRING_END = b"<si", b"</si>"
_ESCAPE = b"_x"


class SharedStrings(StoredStrings):
    """The shared strings of an XLSX workbook."""

    def __init__(self, archive: zipfile.ZipFile, part: str) -> None:
        super().__init__(_blocks(archive, part) if part else iter(()))


def _blocks(archive: zipfile.ZipFile, part: str) -> Iterator[list[bytes]]:
    """Yield the strings in UTF-8, several at a time."""
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
    """Yield the strings of a part that is written as Excel, WPS and openpyxl do.

    Pieces with other than plain strings go to the parser, inside the part's own root tag.
    """
    buffer, taken = head[begin.end() :], len(head)
    while True:
        cut = buffer.rfind(_STRING_END) + len(_STRING_END)
        if cut >= len(_STRING_END):
            piece, buffer = buffer[:cut], buffer[cut:]
            texts = _PLAIN.findall(piece)
            if len(texts) != piece.count(_STRING):
                if piece.count(b"<") > MOST_TAGS:
                    raise damaged()
                texts = [_string(item) for item in ET.fromstring(begin[0] + piece + b"</sst>")]  # noqa: S314 - no DOCTYPE here
            if _ESCAPE in piece:
                texts = [unescaped(text.decode("utf-8", "replace")).encode() for text in texts]
            yield texts
        check_time()
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
    block, idle, tags, taken = head, 0, 0, 0
    while block:
        check_time()
        idle += len(block)
        tags += block.count(b"<")
        taken += len(block)
        parser.feed(block)
        if root is None:
            root = builder.close()
        finished = root[:-1] if root is not None else []
        if root is not None and finished:
            idle = tags = 0
            yield [_string(item) for item in finished]
            del root[: len(finished)]
        if idle > LONGEST_STRING or tags > MOST_TAGS or taken > LARGEST_STRINGS:
            raise damaged()
        block = file.read(BLOCK)
    parser.close()
    if root is not None:
        yield [_string(item) for item in root]


def _string(element: ET.Element) -> bytes:
    return _encoded(rich_text(element))


def rich_text(element: ET.Element) -> str:
    """Return the text of a string without its phonetic guides (rPh)."""
    text = "".join(
        child.text or "" if local_name(child.tag) == "t" else "".join(_runs(child))
        for child in element
        if local_name(child.tag) in ("t", "r")
    )
    return unescaped(text)


def _runs(run: ET.Element) -> Iterator[str]:
    return (child.text or "" for child in run if local_name(child.tag) == "t")


def _encoded(text: str) -> bytes:
    return text[:LONGEST_CELL].encode("utf-8", "replace")

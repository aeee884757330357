"""The start tags of a small part of a workbook, in order, without building a tree."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from xml.etree.ElementTree import ParseError
from xml.parsers import expat

from tabular.time_limit import check_time
from tabular.xlsx_problems import damaged, local_name

#: Inflated bytes of a small part (workbook, relations, styles).
LARGEST_PART = 16 << 20
_BLOCK = 1 << 16
#: Start tags of a small part; 65,000 styles with all their elements have half as many.
MOST_TAGS = 500_000

#: (depth from 0, name without namespace, attributes without namespaces).
Tag = tuple[int, str, dict[str, str]]


def scan_tags(archive: zipfile.ZipFile, part: str, wanted: frozenset[str]) -> Iterator[Tag]:
    """Yield the start tags with the wanted names.

    Raises:
        FileProblem: the part is too large, or defines entities.
        ParseError: it is not XML.
    """
    parser = expat.ParserCreate(namespace_separator="}")
    found: list[Tag] = []
    depth = count = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, count
        count += 1
        if local_name(name) in wanted:
            found.append(
                (depth, local_name(name), {local_name(k): v for k, v in attributes.items()})
            )
        depth += 1

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def doctype(*_words: object) -> None:
        raise damaged()

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = doctype  # no spreadsheet program writes a DOCTYPE
    taken = 0
    with archive.open(part) as file:
        while True:
            check_time()
            block = file.read(_BLOCK)
            taken += len(block)
            if taken > LARGEST_PART:
                raise damaged()
            try:
                parser.Parse(block, not block)
            except expat.ExpatError as problem:
                raise ParseError(str(problem)) from None
            if count > MOST_TAGS:
                raise damaged()
            yield from found
            found.clear()
            if not block:
                return

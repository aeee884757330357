"""The small parts of an XLSX workbook: the places of its sheets, and its styles.

The names and places of parts are not fixed: relations tell which part is which. Programs write the
names in upper or lower case, and some with backslashes.
"""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from posixpath import dirname, join, normpath
from xml.etree import ElementTree as ET

from foundation.sentences import Sentence as _
from tabular.number_formats import kind_of_format
from tabular.problems import FileProblem
from tabular.xlsx_problems import damaged
from tabular.xlsx_scan import scan_tags

MOST_PARTS = 10_000
#: Bytes of the archive's directory of its parts; in memory Python needs ten times as much.
LARGEST_LIST = 2 << 20
#: Sheets and styles that are read; further ones are ignored.
_MOST_SHEETS, _MOST_STYLES = 1_000, 70_000
LONGEST_SHEET_NAME = 100
_BOOK, _RELATIONS = frozenset({"workbookPr", "sheet"}), frozenset({"Relationship"})
_STYLES = frozenset({"numFmt", "cellStyleXfs", "cellXfs", "xf"})
_END, _END64 = b"PK\x05\x06", b"PK\x06\x07"


@dataclass(frozen=True, slots=True)
class Workbook:
    """The contents of a workbook.

    Attributes:
        sheets: name -> part.
        hidden: the names of hidden sheets.
        strings_part: the part with the shared strings, or "".
        kinds: number of a cell style -> the kind of value it shows, if that is not a plain number.
        is_1904: whether days count from 1904.
        sizes: part -> inflated bytes, according to the archive.
    """

    sheets: dict[str, str]
    hidden: frozenset[str]
    strings_part: str
    kinds: dict[str, str]
    is_1904: bool
    sizes: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Relations:
    """The parts that a part refers to.

    Attributes:
        by_id: id of the relation -> (last word of its type, part).
    """

    by_id: dict[str, tuple[str, str]]

    def first(self, kind: str) -> str:
        return next((part for word, part in self.by_id.values() if word == kind), "")


def growing_parser(builder: ET.TreeBuilder) -> ET.XMLParser:
    """Return a parser whose tree can be read and pruned while it grows."""
    return ET.XMLParser(target=builder)  # noqa: S314 - without a DOCTYPE there are no entities


def read_workbook(path: Path) -> Workbook:
    """Read the contents of a workbook, without its sheets.

    Raises:
        FileProblem: it is damaged, not a workbook, or of a kind that is not supported.
    """
    try:
        _refuse_long_list(path)
        with zipfile.ZipFile(path) as archive:
            return _workbook(archive)
    except (zipfile.BadZipFile, zlib.error, ET.ParseError, KeyError, OSError, EOFError):
        raise damaged() from None
    except (RuntimeError, NotImplementedError, ValueError):
        raise damaged() from None


def _refuse_long_list(path: Path) -> None:
    """Refuse an archive with a huge directory of parts before the directory is read.

    Raises:
        FileProblem: the directory is larger than LARGEST_LIST.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - (1 << 16) - 100))
        tail = file.read()
        at = tail.rfind(_END)
        length = int.from_bytes(tail[at + 12 : at + 16], "little") if at >= 0 else 0
        if at >= 20 and tail.startswith(_END64, at - 20):
            end64 = tail[max(0, at - 76) : at - 20]
            length = max(int.from_bytes(end64[40:48], "little"), length % 0xFFFFFFFF)
    if length > LARGEST_LIST:
        raise damaged()


def _workbook(archive: zipfile.ZipFile) -> Workbook:
    sizes = {part.filename: part.file_size for part in archive.infolist()}
    if len(sizes) > MOST_PARTS:
        raise damaged()
    known = {_plain(name): name for name in sizes}
    book = _relations(archive, known, "").first("officeDocument")
    book = book if book and "workbook" in _plain(book) else known.get("xl/workbook.xml", book)
    if not book or not _plain(book).endswith(".xml"):
        raise FileProblem(_not_xlsx(known), code="not_a_table")
    relations = _relations(archive, known, book)
    sheets: dict[str, str] = {}
    hidden: set[str] = set()
    is_1904 = False
    for _depth, tag, attributes in scan_tags(archive, book, _BOOK):
        if tag == "workbookPr":
            is_1904 = attributes.get("date1904", "") in ("1", "true", "on")
        elif tag == "sheet" and len(sheets) < _MOST_SHEETS:
            kind, part = relations.by_id.get(attributes.get("id", ""), ("", ""))
            name = attributes.get("name", "")[:LONGEST_SHEET_NAME]
            if kind == "worksheet" and part and name not in sheets:
                sheets[name] = part
                if attributes.get("state", "visible") != "visible":
                    hidden.add(name)
    beside = dirname(_plain(book))
    styles = relations.first("styles") or known.get(join(beside, "styles.xml"), "")
    strings = relations.first("sharedStrings") or known.get(join(beside, "sharedstrings.xml"), "")
    return Workbook(
        sheets=sheets,
        hidden=frozenset(hidden),
        strings_part=strings,
        kinds=_kinds(archive, styles) if styles else {},
        is_1904=is_1904,
        sizes=sizes,
    )


def _plain(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").casefold()


def _not_xlsx(known: dict[str, str]) -> str:
    if "content.xml" in known or any(name.endswith("workbook.bin") for name in known):
        return _("This kind of workbook (ODS, XLSB) is not read. Save it as XLSX or CSV.")
    return _("This is a zip archive, not a table. Unpack it and choose the file inside.")


def _relations(archive: zipfile.ZipFile, known: dict[str, str], part: str) -> _Relations:
    """Return the existing parts that a part, or the whole package (""), refers to."""
    folder = dirname(_plain(part))
    file = known.get(join(folder, "_rels", _plain(part).rpartition("/")[2] + ".rels"), "")
    found = {}
    for _depth, _tag, attributes in scan_tags(archive, file, _RELATIONS) if file else ():
        target = attributes.get("Target", "").replace("\\", "/")
        # External targets (links to other workbooks or the web) are never followed.
        if attributes.get("TargetMode", "") == "External":
            continue
        place = normpath(target.lstrip("/") if target.startswith("/") else join(folder, target))
        kind = attributes.get("Type", "").rpartition("/")[2]
        if _plain(place) in known:
            found[attributes.get("Id", "")] = (kind, known[_plain(place)])
    return _Relations(found)


def _kinds(archive: zipfile.ZipFile, part: str) -> dict[str, str]:
    codes: dict[str, str] = {}
    kinds: dict[str, str] = {}
    count, section = 0, ""
    for depth, tag, attributes in scan_tags(archive, part, _STYLES):
        if depth == 1:
            section = tag
        elif tag == "numFmt" and len(codes) < _MOST_STYLES:
            codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif tag == "xf" and depth == 2 and section == "cellXfs" and count < _MOST_STYLES:
            number = attributes.get("numFmtId", "0")
            kind = kind_of_format(int(number), codes.get(number))
            if kind:
                kinds[str(count)] = kind
            count += 1
    return kinds

"""The small parts of an XLSX workbook: where its sheets are, its date styles."""

from __future__ import annotations

import re
import zipfile
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from posixpath import join, normpath
from xml.etree import ElementTree as ET

from foundation.sentences import Sentence as _
from tabular.problems import FileProblem

#: Inflated bytes of a small part (workbook, relations, styles).
LARGEST_PART = 16 << 20
MOST_PARTS = 10_000
#: Built-in formats that show a date or a time.
_DATE_FORMATS = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_DATE_CODE = re.compile(r"[ymdhs年月日]", re.IGNORECASE)
_NOT_CODE = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.')
_DAY_ZERO = datetime(1899, 12, 30)


@dataclass(frozen=True, slots=True)
class Workbook:
    """Where things are.

    Attributes:
        sheets: name -> part.
        strings_part: the part with the shared strings, or "".
        date_styles: numbers of the cell styles that show a date.
        sizes: part -> inflated bytes, as the archive says.
    """

    sheets: dict[str, str]
    strings_part: str
    date_styles: frozenset[str]
    sizes: dict[str, int]


def damaged() -> FileProblem:
    """Return the problem of a workbook that cannot be read."""
    return FileProblem(
        _(
            "The workbook is damaged, encrypted or not a spreadsheet. Open it in the spreadsheet, "
            "save it as XLSX or CSV, and try again."
        ),
        code="damaged",
    )


def local(tag: str) -> str:
    """Return a tag without its namespace: there are two, and some programs invent prefixes."""
    return tag.rpartition("}")[2]


def growing_parser(builder: ET.TreeBuilder) -> ET.XMLParser:
    """Return a parser whose tree can be looked at, and pruned, while it grows."""
    return ET.XMLParser(target=builder)  # noqa: S314 - without a DOCTYPE there are no entities


def refuse_doctype(block: bytes) -> None:
    """Refuse XML that defines entities: no spreadsheet program writes any.

    Raises:
        FileProblem: it does.
    """
    if b"<!DOCTYPE" in block or b"<!ENTITY" in block:
        raise damaged()


def read_workbook(path: Path) -> Workbook:
    """Read what a workbook contains.

    Raises:
        FileProblem: it is none, or a kind that is not read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {part.filename: part.file_size for part in archive.infolist()}
            if len(sizes) > MOST_PARTS:
                raise damaged()
            if "xl/workbook.xml" not in sizes:
                raise FileProblem(_not_xlsx(sizes), code="not_a_table")
            relations = _relations(archive, "xl/_rels/workbook.xml.rels")
            sheets = {}
            for element in _tree(archive, "xl/workbook.xml").iter():
                if local(element.tag) == "sheet":
                    target = relations.get(_relation_id(element), "")
                    if target in sizes and "worksheets" in target:
                        sheets[element.get("name", "")] = target
            strings = next((t for t in relations.values() if t.endswith("sharedStrings.xml")), "")
            styles = "xl/styles.xml"
            dates = _date_styles(_tree(archive, styles)) if styles in sizes else frozenset()
            return Workbook(sheets, strings if strings in sizes else "", dates, sizes)
    except (zipfile.BadZipFile, zlib.error, ET.ParseError, KeyError, OSError, EOFError):
        raise damaged() from None
    except (RuntimeError, NotImplementedError, ValueError):
        raise damaged() from None


def _not_xlsx(parts: dict[str, int]) -> str:
    if "content.xml" in parts or "xl/workbook.bin" in parts:
        return _("This kind of workbook (ODS, XLSB) is not read. Save it as XLSX or CSV.")
    return _("This is a zip archive, not a table. Unpack it and choose the file inside.")


def _tree(archive: zipfile.ZipFile, part: str) -> ET.Element:
    with archive.open(part) as file:
        data = file.read(LARGEST_PART + 1)
    if len(data) > LARGEST_PART:
        raise damaged()
    refuse_doctype(data)
    return ET.fromstring(data)  # noqa: S314 - bounded above, and without a DOCTYPE no entities


def _relations(archive: zipfile.ZipFile, part: str) -> dict[str, str]:
    found = {}
    for element in _tree(archive, part):
        target = element.get("Target", "")
        # External targets (links to other workbooks, to the web) are never followed.
        if element.get("TargetMode", "") != "External":
            found[element.get("Id", "")] = normpath(
                target.lstrip("/") if target.startswith("/") else join("xl", target)
            )
    return found


def _relation_id(element: ET.Element) -> str:
    return next((v for k, v in element.attrib.items() if local(k) == "id" and k != "id"), "")


def _date_styles(styles: ET.Element) -> frozenset[str]:
    dates = set(_DATE_FORMATS)
    for element in styles.iter():
        if local(element.tag) == "numFmt" and _DATE_CODE.search(
            _NOT_CODE.sub("", element.get("formatCode", ""))
        ):
            dates.add(int(element.get("numFmtId", "0")))
    formats = next((e for e in styles if local(e.tag) == "cellXfs"), None)
    return frozenset(
        str(number)
        for number, style in enumerate(formats if formats is not None else ())
        if int(style.get("numFmtId", "0")) in dates
    )


def as_date(value: str) -> str:
    """Return a spreadsheet's day number as ISO date, with the time where there is one."""
    try:
        moment = _DAY_ZERO + timedelta(seconds=round(float(value) * 86_400))
    except (ValueError, OverflowError):
        return value
    if moment.hour or moment.minute or moment.second:
        return moment.isoformat(sep=" ")
    return moment.date().isoformat()

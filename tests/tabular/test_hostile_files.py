"""Files that are not tables, or are hostile, are refused with a sentence, in bounded memory."""

from __future__ import annotations

import random
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from tabular import FileProblem, inspect_table, open_table
from tests.tabular.making import memory_to_inspect, sheet_of, workbook

NOISE = random.Random(1)


def _archive(name: str) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, "x")
    return out.getvalue()


BILLION_LAUGHS = (
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    + sheet_of(b"<row><c><v>&b;</v></c></row>")
)

HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "empty"),
    "only line ends": (lambda: b"\n" * 1000, "empty"),
    "only delimiters": (lambda: b",,,\n" * 1000, "empty"),
    "no line end": (lambda: b"a" * 20_000_000, "line_too_long"),
    "quotes without an end": (lambda: b'uin,"' + b"a" * 3_000_000, "line_too_long"),
    "a million columns": (lambda: b"a," * 400_000 + b"\n1,2\n", "too_many_columns"),
    "more than a million": (lambda: b"a," * 2_000_000, "line_too_long"),
    "a header of 10,000 characters": (lambda: b"u" * 10_000 + b",name\n1,2\n", "title_too_long"),
    "a picture": (lambda: b"\x89PNG\r\n\x1a\n" + NOISE.randbytes(50_000), "not_a_table"),
    "a photo": (lambda: b"\xff\xd8\xff\xe0" + NOISE.randbytes(50_000), "not_a_table"),
    "noise": (lambda: NOISE.randbytes(300_000), "not_a_table"),
    "NULs": (lambda: b"\x00" * 1_000_000, "empty"),
    "a PDF": (lambda: b"%PDF-1.7\n\x00\x01\x02" + NOISE.randbytes(9_000), "not_a_table"),
    "a zip of something": (lambda: _archive("photo.jpg"), "not_a_table"),
    "an ODS": (lambda: _archive("content.xml"), "not_a_table"),
    "half a zip": (lambda: workbook(sheet_of(b""))[:200], "damaged"),
    "an OLE stub": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "damaged"),
    "no rows": (lambda: workbook(sheet_of(b"")), "empty"),
    "no XML": (lambda: workbook(b"hello"), "damaged"),
    "cut XML": (lambda: workbook(sheet_of(b"<row><c><v>1")[:-40]), "damaged"),
    "entities": (lambda: workbook(BILLION_LAUGHS), "damaged"),
    "a bomb of blanks": (lambda: workbook(sheet_of(b" " * 20_000_000)), "bomb"),
    "a bomb of one cell": (
        lambda: workbook(sheet_of(b"<row><c><v>" + b"1" * 20_000_000 + b"</v></c></row>")),
        "bomb",
    ),
    "a bomb of one row": (lambda: workbook(sheet_of(b"<row>" + b"<c/>" * 5_000_000)), "bomb"),
    "a row of a million cells": (
        lambda: workbook(sheet_of(b"<row>" + b"<c/>" * 1_000_000 + b"</row>")),
        "bomb",
    ),
    "a row of a million cells with a prefix": (
        lambda: workbook(
            sheet_of(b"<row>" + b"<c/>" * 1_000_000 + b"</row>")
            .replace(b"sheetData", b"sheetData ", 1)
            .replace(b"<", b"<x:")
            .replace(b"<x:/", b"</x:")
            .replace(b"xmlns=", b"xmlns:x=")
        ),
        "bomb",
    ),
    "a bomb of one string": (
        lambda: workbook(
            sheet_of(b'<row><c t="s"><v>0</v></c></row>'),
            b"<sst><si><t>" + b"a" * 20_000_000 + b"</t></si></sst>",
        ),
        "damaged",
    ),
    "a bomb of one plain string": (
        lambda: workbook(
            sheet_of(b'<row><c t="s"><v>1</v></c></row>'),
            b"<sst><si><t>a</t></si><si><t>" + b"a" * 20_000_000 + b"</t></si></sst>",
        ),
        "damaged",
    ),
    "strings without an end": (
        lambda: workbook(sheet_of(b'<row><c t="s"><v>0</v></c></row>'), b"<sst><si><t>a</t>"),
        "damaged",
    ),
    "a NUL in a string": (
        lambda: workbook(
            sheet_of(b'<row><c t="s"><v>0</v></c></row>'), b"<sst><si><t>a\x00</t></si></sst>"
        ),
        "damaged",
    ),
    "a NUL in a cell": (
        lambda: workbook(
            sheet_of(
                b'<row><c r="A1"><v>1</v></c></row><row><c r="A2" t="str"><v>a\x00</v></c></row>'
            )
        ),
        "damaged",
    ),
    "a row number beyond the sheet": (
        lambda: workbook(sheet_of(b'<row r="99999999999"><c><v>1</v></c></row>')),
        "too_many_rows",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_with_a_sentence(tmp_path: Path, name: str) -> None:
    make, code = HOSTILE[name]
    path = tmp_path / "people.csv"
    path.write_bytes(make())
    with pytest.raises(FileProblem) as refusal:
        inspect_table(path)
    assert refusal.value.code == code
    assert refusal.value.sentence.endswith(".")


@pytest.mark.slow
def test_hostile_files_take_little_memory(tmp_path: Path) -> None:
    """All of them are inspected in one process, which may take 150 MB in addition."""
    for number, (make, _code) in enumerate(HOSTILE.values()):
        (tmp_path / f"{number}.csv").write_bytes(make())
    megabytes, report = memory_to_inspect(tmp_path)
    assert megabytes < 150, report


def test_a_cell_in_the_last_corner_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "people.xlsx"
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["uin", "name"])
    sheet.append([10001, "a"])
    sheet["XFD1048576"] = "x"
    book.save(path)
    rows = list(open_table(path).rows())
    assert rows[1] == (2, ["10001", "a"], "")
    assert rows[2] == (1_048_576, [], "too many columns")


def test_external_links_are_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "people.xlsx"
    formula = b'<row r="1"><c r="A1" t="str"><f>[1]a!A1</f><v>kept</v></c></row>'
    path.write_bytes(workbook(sheet_of(formula)))
    assert list(open_table(path).rows()) == [(1, ["kept"], "")]

"""Workbooks: what the cells show is what is read."""

from __future__ import annotations

import datetime
from pathlib import Path

import openpyxl
import pytest

from tabular import FileProblem, inspect_table, open_table
from tests.tabular.test_hostile_files import sheet_of, workbook


def _save(folder: Path, rows: list[list[object]], **sheets: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    book.worksheets[0].title = "first"
    for row in rows:
        book.worksheets[0].append(row)
    for name, others in sheets.items():
        sheet = book.create_sheet(name)
        for row in others:
            sheet.append(row)
    path = folder / "people.xlsx"
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234567890, "1234567890"),
        (1234567890.0, "1234567890"),
        ("0012345", "0012345"),
        (1.5, "1.5"),
        (True, "TRUE"),
        ("张三 😀", "张三 😀"),
        (datetime.date(2026, 5, 17), "2026-05-17"),
        (datetime.datetime(2026, 5, 17, 8, 30), "2026-05-17 08:30:00"),
    ],
)
def test_cell_is_read_as_shown(tmp_path: Path, value: object, text: str) -> None:
    path = _save(tmp_path, [["uin", "x"], [10001, value]])
    assert list(open_table(path).rows())[1] == (2, ["10001", text], "")


def test_gaps_and_blank_rows_keep_their_places(tmp_path: Path) -> None:
    path = _save(tmp_path, [["a", "b", "c"], [None, "x"], [None], [1, None, "y"]])
    assert list(open_table(path).rows()) == [
        (1, ["a", "b", "c"], ""),
        (2, ["", "x"], ""),
        (4, ["1", "", "y"], ""),
    ]


def test_the_first_sheet_with_rows_is_read_unless_another_is_named(tmp_path: Path) -> None:
    path = _save(tmp_path, [], people=[["uin"], [10001]], other=[["qq"], [10002]])
    assert inspect_table(path).layout.sheet == "people"
    assert inspect_table(path, sheet="other").columns == ("qq",)
    with pytest.raises(FileProblem) as refusal:
        inspect_table(path, sheet="none")
    assert refusal.value.code == "no_sheet"


def test_a_sheet_longer_than_the_reading_block_arrives_whole(tmp_path: Path) -> None:
    count = 8_000
    path = _save(tmp_path, [["uin", "name"], *([10_000 + n, f"客户{n}"] for n in range(count))])
    rows = list(open_table(path).rows())
    assert len(rows) == count + 1
    assert [rows[1], rows[-1]] == [
        (2, ["10000", "客户0"], ""),
        (count + 1, [str(10_000 + count - 1), f"客户{count - 1}"], ""),
    ]
    assert len({cells[1] for _line, cells, _problem in rows}) == count + 1


def test_rows_and_cells_without_references_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "people.xlsx"
    cells = b'<row><c><v>1</v></c><c t="inlineStr"><is><t>a</t></is></c></row>'
    path.write_bytes(workbook(sheet_of(cells + cells)))
    assert list(open_table(path).rows()) == [(1, ["1", "a"], ""), (2, ["1", "a"], "")]


def test_rich_text_is_joined_and_phonetic_guides_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "people.xlsx"
    strings = b"<sst><si><r><t>a</t></r><r><t>b</t></r><rPh><t>x</t></rPh></si></sst>"
    path.write_bytes(workbook(sheet_of(b'<row><c t="s"><v>0</v></c></row>'), strings))
    assert list(open_table(path).rows()) == [(1, ["ab"], "")]


def test_a_sheet_with_prefixes_of_its_own_is_read_the_same(tmp_path: Path) -> None:
    sheet = sheet_of(b'<row r="3"><c r="B3" t="s"><v>0</v></c><c r="C3"><v>1.0</v></c></row>')
    sheet = sheet.replace(b"<", b"<x:").replace(b"<x:/", b"</x:").replace(b"xmlns=", b"xmlns:x=")
    path = tmp_path / "people.xlsx"
    path.write_bytes(workbook(sheet, b"<sst><si><t>a</t></si></sst>"))
    assert list(open_table(path).rows()) == [(3, ["", "a", "1"], "")]


def test_cells_by_pattern_and_cells_by_parser_agree(tmp_path: Path) -> None:
    usual = (
        b'<c r="A1"><v>10001</v></c><c r="C1" t="s"><v>0</v></c><c r="D1" t="b"><v>1</v></c>'
        b'<c r="E1" t="str"><v>x y</v></c><c r="F1"><v>1.50</v></c><c r="G1" s="9"/>'
    )
    odd = usual.replace(b'<c r="A1">', b'<c r="A1" cm="1">')  # nothing the pattern knows
    escaped = usual.replace(b"x y", b"x &amp; y")
    path = tmp_path / "people.xlsx"
    rows = b"".join(b"<row>" + cells + b"</row>" for cells in (usual, odd, escaped))
    path.write_bytes(workbook(sheet_of(rows), b"<sst><si><t>a</t></si></sst>"))
    cells = [found for _line, found, _problem in open_table(path).rows()]
    assert cells[0] == cells[1] == ["10001", "", "a", "TRUE", "x y", "1.50", ""]
    assert cells[2] == ["10001", "", "a", "TRUE", "x & y", "1.50", ""]

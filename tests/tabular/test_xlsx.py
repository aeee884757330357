"""Cells of workbooks are read as the spreadsheet shows them."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from tabular import FileProblem, inspect_table, open_table
from tests.tabular.making import save_workbook, sheet_of, workbook


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
def test_a_cell_is_read_as_shown(tmp_path: Path, value: object, text: str) -> None:
    path = save_workbook(tmp_path, [["uin", "x"], [10001, value]])
    assert list(open_table(path).rows())[1] == (2, ["10001", text], "")


def test_gaps_and_blank_rows_keep_their_places(tmp_path: Path) -> None:
    path = save_workbook(tmp_path, [["a", "b", "c"], [None, "x"], [None], [1, None, "y"]])
    assert list(open_table(path).rows()) == [
        (1, ["a", "b", "c"], ""),
        (2, ["", "x"], ""),
        (4, ["1", "", "y"], ""),
    ]


def test_the_first_sheet_with_rows_is_read_unless_another_is_named(tmp_path: Path) -> None:
    path = save_workbook(tmp_path, [], people=[["uin"], [10001]], other=[["qq"], [10002]])
    assert inspect_table(path).layout.sheet == "people"
    assert inspect_table(path, sheet="other").columns == ("qq",)
    with pytest.raises(FileProblem) as refusal:
        inspect_table(path, sheet="none")
    assert refusal.value.code == "no_sheet"


@pytest.mark.slow
def test_a_sheet_longer_than_a_block_is_read_completely(tmp_path: Path) -> None:
    count = 8_000
    path = save_workbook(
        tmp_path, [["uin", "name"], *([10_000 + n, f"客户{n}"] for n in range(count))]
    )
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


def test_a_sheet_with_namespace_prefixes_is_read_the_same(tmp_path: Path) -> None:
    sheet = sheet_of(b'<row r="3"><c r="B3" t="s"><v>0</v></c><c r="C3"><v>1.0</v></c></row>')
    sheet = sheet.replace(b"<", b"<x:").replace(b"<x:/", b"</x:").replace(b"xmlns=", b"xmlns:x=")
    path = tmp_path / "people.xlsx"
    path.write_bytes(workbook(sheet, b"<sst><si><t>a</t></si></sst>"))
    assert list(open_table(path).rows()) == [(3, ["", "a", "1"], "")]


USUAL = {
    "number": (b"<v>10001</v>", "10001"),
    "fraction": (b"<v>1.50</v>", "1.50"),
    "whole, as a program wrote it": (b"<v>1.0E4</v>", "10000"),
    "date": (b' s="1"><v>46159</v>', "2026-05-17"),
    "shared": (b' t="s"><v>1</v>', "张三"),
    "shared, but missing": (b' t="s"><v>99</v>', ""),
    "shared, with an invalid number": (b' s="0" t="s"><v>-1</v>', ""),
    "truth": (b' t="b"><v>1</v>', "TRUE"),
    "text of a formula": (b' t="str"><f>A1&amp;""</f><v>x y</v>', "x y"),
    "number of a formula": (b' s="0"><f>A1+1</f><v>5</v>', "5"),
    "text in the cell": (
        ' t="inlineStr"><is><t xml:space="preserve"> 李 </t></is>'.encode(),
        " 李 ",
    ),
    "nothing": (b' s="0">', ""),
}
STYLES = b'<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>'


@pytest.mark.parametrize("name", USUAL)
def test_rows_by_pattern_and_rows_by_parser_agree(tmp_path: Path, name: str) -> None:
    """The same cell is read in a first row, in a matched row and in a row that must be parsed."""
    cell, text = USUAL[name]
    cell = cell if b">" in cell.split(b"<")[0] else b">" + cell
    usual = b'<c r="A1"><v>1</v></c><c r="C1"' + cell + b'</c><c r="D1"><v>2</v></c>'
    odd = usual.replace(b'<c r="A1">', b'<c r="A1" cm="1">')  # the pattern does not match this
    rows = b"".join(b"<row>" + cells + b"</row>" for cells in (usual, usual, odd, usual))
    strings = "<sst><si><t>a</t></si><si><t>张三</t></si></sst>".encode()
    path = tmp_path / "people.xlsx"
    path.write_bytes(workbook(sheet_of(rows), strings, STYLES))
    cells = [found for _line, found, _problem in open_table(path).rows()]
    assert cells == [["1", "", text, "2"]] * 4


@pytest.mark.slow
def test_rows_of_every_width_are_read_the_same(tmp_path: Path) -> None:
    widths = [3, 1, 30, 2, 200, 500, 7]
    path = save_workbook(tmp_path, [[*range(1, width + 1)] for width in widths])
    rows = [cells for _line, cells, _problem in open_table(path).rows()]
    assert rows == [[str(n) for n in range(1, width + 1)] for width in widths]


def test_plain_and_parsed_strings_keep_their_numbers(tmp_path: Path) -> None:
    """There are more than are kept in memory, and every block has some that must be parsed."""
    count = 25_000
    texts = [f"客户{n}" if n % 1000 else f"a&amp;{n}" for n in range(count)]
    items = "".join(f"<si><t>{text}</t></si>" for text in texts).replace(
        "<si><t>客户7</t></si>", "<si><r><t>客</t></r><r><t>户7</t></r><phoneticPr/></si>"
    )
    order = [*range(count), count - 1, 0, 20_001, 7]
    rows = "".join(f'<row><c r="A1" t="s"><v>{n}</v></c></row>' for n in order)
    path = tmp_path / "people.xlsx"
    path.write_bytes(workbook(sheet_of(rows.encode()), f"<sst>{items}</sst>".encode()))
    read = [cells[0] for _line, cells, _problem in open_table(path).rows()]
    assert read == [texts[n].replace("&amp;", "&") for n in order]

"""Text tables are read the same, whatever program saved them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tabular import FileProblem, inspect_table, open_table

TEXT = "QQ号,姓名,城市\r\n10001,张三,北京\r\n１２３４５６,李四,上海\r\n"
COLUMNS = ("QQ号", "姓名", "城市")
ROWS = [["10001", "张三", "北京"], ["１２３４５６", "李四", "上海"]]


def _write(folder: Path, data: bytes | str) -> Path:
    path = folder / "people.csv"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("gbk", "gb18030"),
        ("gb18030", "gb18030"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
    ],
)
def test_the_encoding_is_detected(tmp_path: Path, encoding: str, found: str) -> None:
    seen = inspect_table(_write(tmp_path, TEXT.encode(encoding)))
    assert (seen.layout.encoding, seen.columns) == (found, COLUMNS)
    assert [cells for _line, cells, _problem in seen.sample] == ROWS


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "，", "；"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiter_and_line_end_are_detected(tmp_path: Path, delimiter: str, end: str) -> None:
    seen = inspect_table(_write(tmp_path, TEXT.replace(",", delimiter).replace("\r\n", end)))
    assert (seen.layout.delimiter, seen.columns) == (delimiter, COLUMNS)
    assert [(line, cells) for line, cells, _problem in seen.sample] == [(2, ROWS[0]), (3, ROWS[1])]


def test_excels_separator_hint_is_followed(tmp_path: Path) -> None:
    seen = inspect_table(_write(tmp_path, "sep=;\nuin;name\n10001;a,b,c\n"))
    assert (seen.layout.delimiter, seen.header_line, seen.columns) == (";", 2, ("uin", "name"))


@pytest.mark.parametrize(
    ("text", "line", "columns"),
    [
        ("uin,name\n10001,a\n", 1, ("uin", "name")),
        ("10001,a\n10002,b\n", 0, ("1", "2")),
        ("Members of May,,\nuin,name,x\n10001,a,b\n", 2, ("uin", "name", "x")),
        ("\n\nuin,name\n10001,a\n", 3, ("uin", "name")),
        (" uin , full  name \n10001,a\n", 1, ("uin", "full name")),
        ("uin\n10001\n", 1, ("uin",)),
        ("uin,name,,\n10001,a,,\n", 1, ("uin", "name")),
        ("1.23457E+09,x\n10001,y\n", 0, ("1", "2")),
    ],
)
def test_the_header_is_found(
    tmp_path: Path, text: str, line: int, columns: tuple[str, ...]
) -> None:
    seen = inspect_table(_write(tmp_path, text))
    assert (seen.header_line, seen.columns) == (line, columns)


def test_the_operators_choices_override_detection(tmp_path: Path) -> None:
    path = _write(tmp_path, "uin;a,name\n10001;b,c\n".encode("gbk"))
    seen = inspect_table(path, encoding="gbk", delimiter=";", header_line=0)
    assert seen.layout.encoding == "gb18030"
    assert [cells for _line, cells, _problem in seen.sample] == [
        ["uin", "a,name"],
        ["10001", "b,c"],
    ]


def test_undecodable_bytes_reject_their_row_with_their_place(tmp_path: Path) -> None:
    good = "10001,张三\n".encode()
    head = b"uin,name\n" + good * 30
    path = _write(tmp_path, head + b"10002,\xff\xfe\xff\n" + good + b"10003,\xc3(\n" + good * 30)
    rows = list(open_table(path).rows())
    assert [(line, problem) for line, _cells, problem in rows if problem] == [
        (32, f"cannot be decoded at byte {len(head) + 6}"),
        (34, f"cannot be decoded at byte {len(head) + 10 + len(good) + 6}"),
    ]
    assert len(rows) == 64


def test_quoted_cells_hold_delimiters_quotes_and_line_ends(tmp_path: Path) -> None:
    path = _write(tmp_path, 'uin,name\n10001,"a, ""b""\nc"\n10002,d\n')
    assert list(open_table(path).rows()) == [
        (1, ["uin", "name"], ""),
        (2, ["10001", 'a, "b"\nc'], ""),
        (4, ["10002", "d"], ""),
    ]


@pytest.mark.parametrize("following", [3, 40_000])
def test_an_unclosed_quote_rejects_only_its_own_row(tmp_path: Path, following: int) -> None:
    lines = "".join(f"{20_000 + number},x\n" for number in range(following))
    rows = list(open_table(_write(tmp_path, 'uin,name\n10001,"abc\n' + lines)).rows())
    assert rows[1] == (2, ['10001,"abc'], "a quotation mark opens here and is never closed")
    assert len(rows) == following + 2
    assert rows[2] == (3, ["20000", "x"], "")
    assert rows[-1] == (following + 2, [str(20_000 + following - 1), "x"], "")


def test_after_a_hundred_unclosed_quotes_they_are_read_as_text(tmp_path: Path) -> None:
    lines = "".join(f'{20_000 + number},"x\n' for number in range(9_000))
    rows = list(open_table(_write(tmp_path, "uin,name\n" + lines)).rows())
    assert rows[-1][1] == ["28999", '"x']
    assert len(rows) == 9_001
    assert sum(1 for _line, _cells, problem in rows if problem) == 100


@pytest.mark.parametrize(
    ("cell", "text"), [('"a" ', "a "), ('"a"b', '"a"b'), ('a "b"', 'a "b"'), ('""', "")]
)
def test_badly_quoted_cells_are_read_leniently(tmp_path: Path, cell: str, text: str) -> None:
    rows = list(open_table(_write(tmp_path, f"uin,name\n10001,{cell}\n10002,c\n")).rows())
    assert rows[1:] == [(2, ["10001", text], ""), (3, ["10002", "c"], "")]


def test_blank_lines_are_skipped_but_counted(tmp_path: Path) -> None:
    rows = list(open_table(_write(tmp_path, "uin,name\n\n,,\n10001,a\n")).rows())
    assert [line for line, _cells, _problem in rows] == [1, 4]


def test_a_nul_rejects_its_row(tmp_path: Path) -> None:
    rows = list(open_table(_write(tmp_path, "uin,name\n10001,a\x00b\n10002,c\n")).rows())
    assert [problem for _line, _cells, problem in rows] == ["", "contains a NUL byte", ""]


@pytest.mark.parametrize(
    ("choice", "code"),
    [
        ({"encoding": "klingon"}, "encoding"),
        ({"encoding": "base64"}, "encoding"),
        ({"delimiter": "ab"}, "delimiter"),
        ({"header_line": 99}, "no_header"),
    ],
)
def test_an_impossible_choice_is_refused(tmp_path: Path, choice: dict[str, str], code: str) -> None:
    with pytest.raises(FileProblem) as refusal:
        inspect_table(_write(tmp_path, TEXT), **choice)  # type: ignore[arg-type]
    assert refusal.value.code == code

"""How the header, the sheet with the table and the titles of columns are found."""

from __future__ import annotations

from pathlib import Path

import pytest

from tabular import inspect_table
from tests.tabular.making import save_workbook

KNOWN = ("qq", "qq号", "uin")


def _titles(
    folder: Path, text: str, *, header_line: int | None = None
) -> tuple[int, tuple[str, ...]]:
    path = folder / "people.csv"
    path.write_text(text, encoding="utf-8")
    seen = inspect_table(path, known_titles=KNOWN, header_line=header_line)
    return seen.header_line, seen.columns


@pytest.mark.parametrize(
    ("text", "line", "columns"),
    [
        ("QQ号,2025,2026\n10001,1,2\n", 1, ("QQ号", "2025", "2026")),
        ("日期,2026-05-01,\n\n编号,QQ,电话\n1,10001,2\n", 3, ("编号", "QQ", "电话")),
        ("基本,,联系,\n姓名,QQ,手机,城市\na,10001,1,b\n", 2, ("姓名", "QQ", "手机", "城市")),
        ("QQ,地址,\n,省,市\n10001,a,b\n", 2, ("QQ", "省", "市")),
        (
            "QQ,消费,,退款,\n,金额,次数,金额,原因\n10001,1,2,3,b\n",
            2,
            ("QQ", "消费 金额", "次数", "退款 金额", "原因"),
        ),
        ("QQ,姓名\n", 1, ("QQ", "姓名")),
        ("QQ,姓名\n,\n", 1, ("QQ", "姓名")),
        ("QQ,,\n姓名,QQ号,城市\na,10001,b\n", 2, ("姓名", "QQ号", "城市")),
        ("10001,a,QQ\n10002,b,微信\n", 0, ("1", "2", "3")),
        ("uin,name,note,\n10001,a,b,c\n", 1, ("uin", "name", "note", "")),
        ("uin,name\n10001,a,b\n", 1, ("uin", "name")),
    ],
)
def test_a_known_title_makes_the_header(
    tmp_path: Path, text: str, line: int, columns: tuple[str, ...]
) -> None:
    assert _titles(tmp_path, text) == (line, columns)


def test_titles_in_two_lines_are_joined_when_the_operator_names_the_line(tmp_path: Path) -> None:
    text = "QQ,地址,\n,省,市\n10001,a,b\n"
    assert _titles(tmp_path, text, header_line=2) == (2, ("QQ", "省", "市"))


def test_the_operator_can_name_a_header_far_down(tmp_path: Path) -> None:
    text = "x,y\n" * 300 + "QQ,姓名\n10001,a\n"
    assert _titles(tmp_path, text, header_line=301) == (301, ("QQ", "姓名"))


def test_the_first_sheet_with_a_known_title_is_read(tmp_path: Path) -> None:
    notes: list[list[object]] = [["请填写"], ["名单", "在第三张表"], ["谢谢", "!"]]
    path = save_workbook(tmp_path, notes, other=[["a", "b"], [1, 2]], people=[["QQ"], [10001]])
    assert inspect_table(path, known_titles=KNOWN).layout.sheet == "people"
    assert inspect_table(path, known_titles=KNOWN, sheet="other").layout.sheet == "other"

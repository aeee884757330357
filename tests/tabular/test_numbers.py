"""Whole numbers and QQ numbers are parsed as spreadsheets and people write them."""

from __future__ import annotations

import pytest

from tabular import CellProblem, FirstLines, qq_number, whole_number

LEAST, MOST = 10_000, 4_294_967_295
RANGE = "out of range (10000 to 4294967295)"


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("10000", 10_000),
        ("4294967295", MOST),
        (" 12345 ", 12_345),
        ("\u3000１２３４５６\u3000", 123_456),
        ("'123456", 123_456),
        ("123456.0", 123_456),
        ("000123456", 123_456),
        ("\ufeff123456\u200b", 123_456),
        ("123\u00a0456", 123_456),
        ("12,345,678", 12_345_678),
        ("１２，３４５，６７８", 12_345_678),
        ("12345681.", 12_345_681),
        ("+12345682", 12_345_682),
        ('="100001"', 100_001),
    ],
)
def test_a_number_is_parsed_in_every_spelling(cell: str, number: int) -> None:
    assert whole_number(cell, least=LEAST, most=MOST) == number


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("", "blank"),
        ("   ", "blank"),
        ("'", "blank"),
        ("abc", "not a number: abc"),
        ("12a45", "not a number: 12a45"),
        ("12345.5", "not a number: 12345.5"),
        ("١٢٣٤٥x", "not a number: ١٢٣٤٥x"),
        ("一万", "not a number: 一万"),
        ("1,2345", "not a number: 1,2345"),
        ("12,34,567", "not a number: 12,34,567"),
        ("+", "not a number: +"),
        ('="', 'not a number: ="'),
        ("9999", RANGE),
        ("0", RANGE),
        ("-12345", RANGE),
        ("4294967296", RANGE),
        ("9" * 5000, RANGE),
        (
            "1.23457E+09",
            "scientific notation (1.23457E+09): the digits are gone, format the column as text",
        ),
        ("1e5", "scientific notation (1e5): the digits are gone, format the column as text"),
    ],
)
def test_an_invalid_number_is_refused_with_its_reason(cell: str, reason: str) -> None:
    with pytest.raises(CellProblem) as problem:
        whole_number(cell, least=LEAST, most=MOST)
    assert str(problem.value) == reason


@pytest.mark.parametrize(
    "cell",
    [
        "QQ:423456",
        "qq：423456",
        "QQ号423456",
        "QQ号码: 423456",
        "uin=423456",
        "423456@qq.com",
        "423456@QQ.COM",
        "４２３４５６＠qq.com",
        '="423456"',
        "423,456",
    ],
)
def test_a_qq_number_is_parsed_as_people_write_it(cell: str) -> None:
    assert qq_number(cell, least=LEAST, most=MOST) == 423_456


@pytest.mark.parametrize(
    "cell", ["name@qq.com", "423456@vip.qq.com", "423456@163.com", "423456@qq.com.cn", "QQ:", "wx1"]
)
def test_other_text_is_refused_as_a_qq_number(cell: str) -> None:
    with pytest.raises(CellProblem):
        qq_number(cell, least=LEAST, most=MOST)


def test_first_lines_are_remembered_across_the_whole_range() -> None:
    first = FirstLines()
    numbers = [0, 1, 65_535, 65_536, 65_537, 2**31, 2**32 - 1]
    assert [first.note(number, line) for line, number in enumerate(numbers, 1)] == [0] * 7
    assert [first.note(number, 99) for number in reversed(numbers)] == [7, 6, 5, 4, 3, 2, 1]
    assert len(first) == 7

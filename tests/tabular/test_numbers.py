"""Whole numbers as spreadsheets mangle them, each wrong one with its reason."""

from __future__ import annotations

import pytest

from tabular import CellProblem, FirstLines, whole_number

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
    ],
)
def test_number_is_understood(cell: str, number: int) -> None:
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
def test_what_is_wrong_is_said(cell: str, reason: str) -> None:
    with pytest.raises(CellProblem) as problem:
        whole_number(cell, least=LEAST, most=MOST)
    assert str(problem.value) == reason


def test_first_lines_are_remembered_across_the_whole_range() -> None:
    first = FirstLines()
    numbers = [0, 1, 65_535, 65_536, 65_537, 2**31, 2**32 - 1]
    assert [first.note(number, line) for line, number in enumerate(numbers, 1)] == [0] * 7
    assert [first.note(number, 99) for number in reversed(numbers)] == [7, 6, 5, 4, 3, 2, 1]
    assert len(first) == 7

"""Numbers of a workbook are read as their cells show them."""

from __future__ import annotations

import pytest

from tabular.number_formats import kind_of_format, shown_number


@pytest.mark.parametrize(
    ("code", "value", "shown"),
    [
        ("General", "1.50", "1.50"),
        ("0.00", "0.30000000000000004", "0.3"),
        ("yyyy-mm-dd", "46159", "2026-05-17"),
        ("yyyy/m/d h:mm", "46159.5", "2026-05-17 12:00:00"),
        ('yyyy"年"m"月"d"日"', "46159", "2026-05-17"),
        ("[$-804]yyyy年m月d日;@", "46159", "2026-05-17"),
        ("yyyy-mm-dd", "1", "1900-01-01"),
        ("yyyy-mm-dd", "59", "1900-02-28"),
        ("yyyy-mm-dd", "61", "1900-03-01"),
        ("yyyy-mm-dd", "1e300", "1e300"),
        ("h:mm", "0.6875", "16:30:00"),
        ("h:mm:ss AM/PM", "46159.25", "06:00:00"),
        ("h:mm", "0.999999", "00:00:00"),
        ("[h]:mm:ss", "1.0625", "25:30:00"),
        ("[mm]:ss", "0.0625", "1:30:00"),
        ("[h]:mm", "-0.0625", "-1:30:00"),
        ("0%", "0.8", "80%"),
        ("0.00%", "0.8333", "83.33%"),
        ("0%", "1.1", "110%"),
        ("00000", "7", "00007"),
        ("00000", "123456", "123456"),
        ("00000", "1.5", "1.5"),
        ("#,##0", "12345678", "12345678"),
        ('#,##0.00"元";[Red]-#,##0.00"元"', "5", "5"),
        ('0.0"days"', "5", "5"),
        ("#,##0_);[Red](#,##0)", "5", "5"),
        ("@", "5", "5"),
    ],
)
def test_a_number_is_shown_by_the_kind_of_its_format(code: str, value: str, shown: str) -> None:
    kind = kind_of_format(164, code)
    assert shown_number(value, kind) == shown


@pytest.mark.parametrize(
    ("number", "value", "shown"),
    [
        (0, "5.0", "5"),
        (9, "0.8", "80%"),
        (14, "46159", "2026-05-17"),
        (20, "0.6875", "16:30:00"),
        (22, "46159.5", "2026-05-17 12:00:00"),
        (31, "46159", "2026-05-17"),
        (46, "1.5", "36:00:00"),
        (58, "46159", "2026-05-17"),
    ],
)
def test_built_in_formats_are_known(number: int, value: str, shown: str) -> None:
    assert shown_number(value, kind_of_format(number)) == shown


def test_days_count_from_1904_if_the_workbook_has_that_flag() -> None:
    assert shown_number("43921", "date", is_1904=True) == "2024-04-01"

"""Numbers, dates and yes and no, as people write them."""

from __future__ import annotations

import json
import math
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.typed_values.dates import ORDERS, read_date
from contacts.typed_values.numbers import LARGEST, read_number
from contacts.typed_values.proposal import propose_type
from contacts.typed_values.types import AttributeType, type_named
from contacts.typed_values.yes_no import read_yes_no
from foundation.refusals import Refusal


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,200", 1200),
        ("１５００", 1500),
        ("1 300", 1300),
        ("1\xa0300", 1300),
        ("1\u2009300", 1300),
        ("1.5E+03", 1500),
        ("￥1800", 1800),
        ("¥ 1,800.50", 1800.5),
        ("1800元", 1800),
        ("1.2万元", 12_000),
        ("3亿", 300_000_000),
        (".5", 0.5),
        ("80%", 0.8),
        ("８０％", 0.8),
        ("1.200,50", 1200.5),
        ("1.200.300", 1_200_300),
        ("1,5", 1.5),
        ("0,800", 0.8),
        ("1.200", 1.2),
        ("1'200", 1200),
        ("-¥5", -5),
        ("¥-5", -5),
        ("−5", -5),
        ("007", 7),
        ("", None),
        ("nan", None),
        ("inf", None),
        ("-Infinity", None),
        ("9" * 400, None),
        ("1e999", None),
        ("²", None),
        ("10²", None),
        ("½", None),
        ("٣", None),
        ("0x10", None),
        ("1_000", None),
        ("12,34,567", None),
        ("1,2,3", None),
        ("--5", None),
        ("-¥-5", None),
        ("1\x00", None),
        ("\ud800", None),
    ],
)
def test_a_number(text: str, number: float | None) -> None:
    assert read_number(text) == number


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("2026年3月1日", "", "2026-03-01"),
        ("2026-3-1", "", "2026-03-01"),
        ("2026/03/01", "mdy", "2026-03-01"),
        ("20260301", "", "2026-03-01"),
        ("3/1/26", "", None),
        ("3/1/26", "mdy", "2026-03-01"),
        ("3/1/26", "dmy", "2026-01-03"),
        ("26/3/1", "ymd", "2026-03-01"),
        ("3/1/55", "mdy", "1955-03-01"),
        ("1.3.2026", "", "2026-03-01"),
        ("25/12/2026", "", "2026-12-25"),
        ("25/12/2026", "mdy", None),
        ("1-Mar-26", "", "2026-03-01"),
        ("1 March 2026", "", "2026-03-01"),
        ("2026-03-01 08:30:00", "", "2026-03-01T08:30:00"),
        ("2026-03-01T08:30", "", "2026-03-01T08:30:00"),
        ("2026年3月1日 下午3:05", "", "2026-03-01T15:05:00"),
        ("2026年3月1日8时30分", "", "2026-03-01T08:30:00"),
        ("2026-03-01 12:00 AM", "", "2026-03-01T00:00:00"),
        ("2026-02-30", "", None),
        ("2026-03-01 25:00", "", None),
        ("0000-01-01", "", None),
        ("²/1/26", "dmy", None),
        ("1/1/1", "", None),
        ("9" * 5000, "", None),
        ("", "", None),
        ("tomorrow", "", None),
    ],
)
def test_a_date(text: str, order: str, day: str | None) -> None:
    assert read_date(text, order) == day


@pytest.mark.parametrize("text", ["是", "yes", "Y", "TRUE", "1", "√", "１", " Yes "])
def test_yes(text: str) -> None:
    assert read_yes_no(text) is True


@pytest.mark.parametrize("text", ["否", "no", "N", "False", "0", "×"])
def test_no(text: str) -> None:
    assert read_yes_no(text) is False


@given(st.text(max_size=60))
def test_any_text_is_read_or_not_and_a_reading_is_json(text: str) -> None:
    number = read_number(text)
    assert number is None or (math.isfinite(number) and abs(number) < LARGEST)
    for order in ("", *ORDERS):
        day = read_date(text, order)
        assert day is None or date.fromisoformat(day[:10])
    json.dumps([number, read_yes_no(text)], allow_nan=False)


@given(st.integers(-(10**14), 10**14))
def test_a_number_with_groups_is_the_number(number: int) -> None:
    for text in (f"{number}", f"{number:,}", f"{number:,}".replace(",", "\u202f"), f"{number}.0"):
        assert read_number(text) == number


@given(st.dates(min_value=date(1930, 1, 1), max_value=date(2029, 12, 31)), st.sampled_from(ORDERS))
def test_a_short_date_is_read_in_its_order(day: date, order: str) -> None:
    parts = {"y": f"{day.year % 100:02}", "m": str(day.month), "d": str(day.day)}
    assert read_date("/".join(parts[part] for part in order), order) == day.isoformat()
    assert read_date(f"{day.year}年{day.month}月{day.day}日", order) == day.isoformat()


@pytest.mark.parametrize(
    ("cells", "words", "is_certain"),
    [
        (["3/1/26", "4/5/26"], "date", False),
        (["25/12/2026", "1/2/2026"], "date:dmy", True),
        (["2026-03-01", ""], "date", True),
        (["20260301"], "date", True),
        (["12345678"], "number", True),
        (["是", "否"], "yes_no", True),
        (["1", "0"], "number", True),
        (["80%", "5"], "number", True),
        (["007"], "text", True),
        (["13800138000"], "text", True),
        (["1"] * 10 + ["x"], "number", False),
        (["1", "x"], "text", True),
        (["", " "], "", True),
    ],
)
def test_a_type_is_proposed(cells: list[str], words: str, is_certain: bool) -> None:
    proposal = propose_type(cells)
    assert (str(proposal.value_type), proposal.is_certain) == (words, is_certain)


@pytest.mark.parametrize("words", ["", "numbers", "date:xyz", "number:dmy", "date:"])
def test_an_unknown_type_is_refused(words: str) -> None:
    if words == "date:":
        assert type_named(words).kind == AttributeType.DATE
        return
    with pytest.raises(Refusal, match="There are"):
        type_named(words)

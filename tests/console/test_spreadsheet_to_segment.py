"""A WPS workbook becomes a list, and segments on its columns, in a real browser without a manual.

The workbook has two header rows, Chinese titles, numbers with commas, and no column of QQ numbers
but one of mail addresses. What a segment must find is what a spreadsheet's filter shows: it is
computed here from the values that were written into the file.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlrd  # type: ignore[import-untyped]
from django.utils import translation

from tests.running_stack import RunningStack
from tests.tabular.xls_writing import Cell, write_xls

pytestmark = [
    pytest.mark.browser,
    pytest.mark.stack,
    pytest.mark.timeout(600),
    pytest.mark.exhaustive,
]

PEOPLE = 60
CITIES = ("北京", "上海", "昆明", "大理")
TITLES: list[list[Cell]] = [
    ["某某公司会员名单 2026"],
    ["姓名", "QQ邮箱", "城市", "消费", None, "会员"],
    [None, None, None, "金额", "最近日期", None],
]
MERGED = [(0, 0, 0, 5), (1, 1, 3, 4), (1, 2, 0, 0), (1, 2, 1, 1), (1, 2, 2, 2), (1, 2, 5, 5)]


def _amount(n: int) -> float:
    return 150.5 * n if n % 7 else 1_234_567.0 + n


def _day(n: int) -> date:
    return date(2026, 1 + n % 9, 1 + n % 28)


def _row(n: int) -> list[Cell]:
    """A person, with the amount as a number or as text with commas, as people enter both."""
    amount: Cell = (_amount(n), 1) if n % 3 else f"{_amount(n):,.2f}"
    return [
        f"张{n}",
        f"{200_001 + n}@qq.com",
        CITIES[n % 4],
        amount if n % 11 else None,
        _day(n) if n % 5 else f"2026年{_day(n).month}月{_day(n).day}日",
        "是" if n % 3 == 0 else "否",
    ]


def _filtered(keep: Callable[[int], bool]) -> list[int]:
    return [200_001 + n for n in range(PEOPLE) if keep(n)]


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """The file, which another reader of this format reads as it was meant."""
    path = tmp_path / "会员名单.xls"
    rows = [*TITLES, *(_row(n) for n in range(PEOPLE))]
    path.write_bytes(write_xls(rows, sheet="会员", merged=MERGED))
    sheet = xlrd.open_workbook(path).sheet_by_index(0)
    assert sheet.nrows == PEOPLE + len(TITLES)
    assert sheet.cell_value(4, 1) == "200002@qq.com"
    return path


@dataclass(frozen=True)
class Filter:
    """A filter on a column, as the operator chooses it in the segment, and whom it shows.

    Attributes:
        column: the attribute.
        type: its type in words, as the check page must propose it.
        comparison: the label of the comparison.
        values: label of a field -> what is typed.
        keeps: whether the filter shows the person of a number.
    """

    column: str
    type: str
    comparison: str
    values: dict[str, str]
    keeps: Callable[[int], bool]


FILTERS = (
    Filter("城市", "plain text", "is", {"Value": "昆明"}, lambda n: CITIES[n % 4] == "昆明"),
    Filter(
        "金额", "a number", "is between", {"From": "1,000", "To": "5,000.50"},
        lambda n: n % 11 != 0 and 1000 <= _amount(n) <= 5000.5,
    ),
    Filter(
        "最近日期", "a date", "is on or after", {"Value": "2026-06-10"},
        lambda n: _day(n) >= date(2026, 6, 10),
    ),
    Filter("会员", "yes or no", "is yes", {}, lambda n: n % 3 == 0),
)  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_from_the_workbook_to_a_segment_on_each_column(
    language: str, page: Any, stack: RunningStack, workbook: Path, tmp_path: Path
) -> None:
    pictures = Path(os.environ.get("PICTURES", tmp_path))

    def word(text: str) -> str:
        with translation.override(language):
            return translation.gettext(text)

    def look(name: str) -> None:
        page.screenshot(path=pictures / f"workbook-{language}-{name}.png", full_page=True)

    def go_to(address: str) -> None:
        page.locator(f"a[href$='/{address}/']:visible").first.click()
        page.wait_for_load_state("networkidle")

    page.set_default_timeout(60_000)
    page.context.add_cookies([{"name": "django_language", "value": language, "url": stack.url}])
    page.goto(stack.url)
    name, password = stack.login
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", password)
    page.press("input[name=password]", "Enter")

    page.locator(".q-page").first.wait_for()
    go_to("contacts/contactimport")
    go_to("contacts/contactimport/upload")
    page.set_input_files("input[name=file]", workbook)
    look("upload")
    page.get_by_role("button", name=word("Upload and check")).click()
    page.locator("#check-form").wait_for()
    look("check")
    page.get_by_role("button", name=word("Import"), exact=True).click()
    page.locator(".q-badge.success").wait_for()
    look("import")
    shown = page.locator(".q-figure b").all_inner_texts()
    assert shown == [str(PEOPLE), "0", "0", str(PEOPLE), "0"]
    people = page.get_by_role("link", name=word("People in %(list)s") % {"list": workbook.stem})
    assert people.is_visible()

    for one in FILTERS:
        go_to("contacts/segment")
        go_to("contacts/segment/add")
        page.fill("input[name=name]", one.column)
        subject = page.get_by_label(word("What the condition is about"))
        subject.select_option(label=f"{one.column} ({word(one.type)})")
        page.get_by_label(word("How it compares")).select_option(label=word(one.comparison))
        for label, value in one.values.items():
            page.get_by_label(word(label), exact=True).fill(value)
        expected = _filtered(one.keeps)
        page.locator(".q-figure.primary b", has_text=re.compile(rf"^{len(expected)}$")).wait_for()
        page.get_by_role("button", name=word("Save")).click()
        page.get_by_text(
            word("The segment %(name)s is saved.") % {"name": one.column}
        ).first.wait_for()
        look(f"segment-{one.column}")
        found = stack.manage("segment", "people", one.column, "--json", "--limit", "1000").stdout
        assert [person["uin"] for person in json.loads(found)["items"]] == expected
        assert 0 < len(expected) < PEOPLE

"""Importing files as operators have them: the people imported from each, or why it is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from contacts.models import Contact, ContactImport, ContactList
from tabular.upload_files import import_folder
from tests.contacts.test_import_contacts import run

pytestmark = pytest.mark.django_db(transaction=True)

CASES = Path(__file__).resolve().parents[1] / "tabular" / "cases"
Person = tuple[int, str, dict[str, str]]
ZHANG: Person = (100001, "张三", {})

#: File -> the people that are imported.
RIGHT: dict[str, list[Person]] = {
    "backslash_parts.xlsx": [ZHANG],
    "big_int.xlsx": [
        (123456, "", {"编号": "0.1"}),
        (123457, "", {"编号": "1.2345678901234567E16"}),
        (4294967295, "", {"编号": "12345678901234567890"}),
    ],
    "comment_between_rows.xlsx": [ZHANG],
    "date1904.xlsx": [(100001, "", {"生日": "2024-04-01"})],
    "error_as_name.xlsx": [(100001, "", {})],
    "excel_text_guard.csv": [ZHANG],
    "formula_without_value.xlsx": [(100001, "", {})],
    "header_below_a_date.xlsx": [
        (100000 + n, f"客户{n}", {"编号": str(n), "城市": "北京"}) for n in range(1, 21)
    ],
    "hidden_first_sheet.xlsx": [ZHANG],
    "came_from_qq.csv": [
        (100001, "", {"2": "张三", "3": "QQ"}),
        (100002, "", {"2": "李四", "3": "微信"}),
    ],
    "gbk_one_bad_line.csv": [
        *((200000 + n, "张三李四", {"城市": "北京"}) for n in range(20)),
        (300003, "赵六", {"城市": "广州"}),
    ],
    "header_of_two_lines.csv": [(100001, "张三", {"省": "广东", "市": "深圳"})],
    "mail_only.xls": [(100000 + n, f"人{n}", {}) for n in range(1, 5)],
    "numbers_of_people.csv": [
        (100001, "甲", {}),
        (123456, "己", {}),
        (423456, "戊", {}),
        (423457, "庚", {}),
        (12345678, "乙", {}),
        (12345681, "丙", {}),
        (12345682, "丁", {}),
    ],
    "own_export.csv": [(100001, "张三", {"城市": "北京"})],
    "own_export_numbered.csv": [(100001, "张三", {"1": "北京"}), (100002, "李四", {"1": "上海"})],
    "quote_lost.csv": [
        (100001, '"小"明', {}),
        (100002, '"Swing it" m', {}),
        (100003, "Zhang, San", {}),
    ],
    "second_sheet.xlsx": [ZHANG, (100002, "李四", {})],
    "sheet_not_in_worksheets.xlsx": [ZHANG],
    "time_only.xlsx": [(100001, "", {"时间": "16:30:00"})],
    "title_PK.csv": [(100001, "a", {"PK": "1"})],
    "totals.xlsx": [(100001, "张三", {"金额": "10"})],
    "two_header_rows.csv": [(123456789, "张三", {"手机": "13800138000", "城市": "北京"})],
    "untitled_notes.xlsx": [ZHANG, (100002, "李四", {})],
    "value_then_ext.xlsx": [ZHANG],
    "wps_two_header_rows.xls": [
        (423456, "王五", {}),
        (
            12345678,
            "张三",
            {
                "邮箱": "12345678@qq.com",
                "手机": "13800138000",
                "折扣": "80%",
                "生日": "1990-05-01",
                "在线时长": "25:30:00",
                "编号": "00007",
            },
        ),
        (
            12345681,
            "李四",
            {
                "邮箱": "12345681@qq.com",
                "手机": "13900139000",
                "折扣": "85.5%",
                "生日": "1988-12-31",
                "在线时长": "6:00:00",
                "编号": "00012",
            },
        ),
    ],
    "x000D.xlsx": [(100001, "张\r\n三", {})],
    "xls_corner.xls": [(10001, "a", {})],
    "xls_one_row.xls": [(100001, "", {})],
    "xls_two_rows.xls": [(100001, "", {})],
    "year_as_title.csv": [
        (100001, "张三", {"2025": "10", "2026": "20"}),
        (100002, "李四", {"2025": "30", "2026": "40"}),
    ],
}
#: File -> the code of its refusal.
REFUSED = {
    "big5.csv": "encoding_uncertain",
    "duplicate_titles.csv": "mapped_twice",
    "latin.csv": "encoding_uncertain",
    "mixed.csv": "encoding_uncertain",
    "html.xls": "web_page",
    "ole_loop.xls": "damaged",
    "ole_torn_directory.xls": "damaged",
    "utf16_nobom.csv": "encoding_uncertain",
    "xml2003.xls": "xml_file",
}
#: File -> (further arguments, the first person that is imported with them).
WITH_OPTIONS: dict[str, tuple[list[str], Person]] = {
    "big5.csv": (["--encoding", "big5"], (100001, "張三", {"備註": "臺灣"})),
    "latin.csv": (["--encoding", "cp1252"], (100001, "", {"nombre": "José Muñoz"})),
    "mixed.csv": (["--encoding", "gb18030"], (200001, "张三李四", {})),
    "utf16_nobom.csv": (
        ["--encoding", "utf-16-le"],
        (100001, "张三", {"地址": "北京市朝阳区建国门外大街一号国贸中心大厦二十层"}),
    ),
    "duplicate_titles.csv": (
        ["--mapping", "备注#2=备注2"],
        (100001, "张三", {"备注": "甲", "备注2": "乙"}),
    ),
    "hidden_first_sheet.xlsx": (["--sheet", "旧数据"], (999999, "旧人", {})),
    "two_header_rows.csv": (
        ["--header-row", "2", "--mapping", "手机="],
        (123456789, "张三", {"城市": "北京"}),
    ),
}


def _people() -> list[Person]:
    return list(Contact.objects.order_by("uin").values_list("uin", "name", "attributes"))


def test_every_file_has_an_expected_result() -> None:
    files = {path.name for path in CASES.iterdir()} - {"README.md"}
    assert files == {*RIGHT, *REFUSED}


@pytest.mark.parametrize("name", RIGHT)
def test_the_people_of_a_file_are_imported(name: str) -> None:
    run(CASES / name, "--list", "a")
    assert _people() == RIGHT[name]


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_read_is_refused_and_leaves_nothing_behind(name: str) -> None:
    answer = run(CASES / name, "--list", "a", status=1)
    assert answer["error"] == REFUSED[name]
    assert not ContactList.objects.exists()
    assert not ContactImport.objects.exists()
    assert list(import_folder().glob("*")) == []


@pytest.mark.parametrize("name", WITH_OPTIONS)
def test_the_operators_options_are_used(name: str) -> None:
    words, person = WITH_OPTIONS[name]
    run(CASES / name, "--list", "a", *words)
    assert _people()[0] == person


def test_the_answer_names_the_sheet_and_ignored_cells() -> None:
    answer = run(CASES / "hidden_first_sheet.xlsx", "--list", "a")
    assert (answer["sheet"], answer["header_row"], answer["notes"]) == ("新名单", 1, [])
    answer = run(CASES / "untitled_notes.xlsx", "--list", "b")
    assert answer["rejected"] == 0
    assert answer["notes"] == [
        "Cells without a column title, which are left out: 1. The first is in line 2: 老客户"
    ]


def test_the_refusal_shows_how_each_encoding_reads_the_file() -> None:
    answer = run(CASES / "big5.csv", "--list", "a", status=1)
    assert answer["encodings"][0] == "big5"
    assert "--encoding" in answer["sentence"]
    assert "張三" in answer["sentence"]


def test_the_numbers_in_qq_mail_addresses_are_used_and_reported() -> None:
    answer = run(CASES / "mail_only.xls", "--list", "a")
    assert answer["notes"] == [
        "QQ mail addresses in place of numbers: 4. The numbers in them are used."
    ]


def test_a_blank_row_is_ignored() -> None:
    assert run(CASES / "xls_corner.xls", "--list", "a")["rejected"] == 0


def test_a_line_that_cannot_be_decoded_is_rejected_alone() -> None:
    answer = run(CASES / "gbk_one_bad_line.csv", "--list", "a")
    assert [error["line"] for error in answer["errors"]] == [22, 23]
    assert all("cannot be decoded" in error["reason"] for error in answer["errors"])


def test_the_delimiter_can_be_given(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("QQ;a\tname\n10001;1\tb\n")
    run(path, "--list", "a", "--delimiter", "tab", "--mapping", "QQ;a=uin", status=1)
    run(path, "--list", "a", "--delimiter", ";")
    assert _people() == [(10001, "", {"a name": "1\tb"})]

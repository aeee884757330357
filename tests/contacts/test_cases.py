"""Files that people really have, each of a kind: what is in them is what gets into the list."""

from __future__ import annotations

from pathlib import Path

import pytest

from contacts.models import Contact, ContactImport, ContactList
from contacts.services.import_files import import_folder
from tests.contacts.test_import_contacts import run

pytestmark = pytest.mark.django_db(transaction=True)

CASES = Path(__file__).resolve().parents[1] / "tabular" / "cases"
Person = tuple[int, str, dict[str, str]]
ZHANG: Person = (100001, "张三", {})

#: file -> the people in it.
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
    "x000D.xlsx": [(100001, "张\r\n三", {})],
    "xls_corner.xls": [(10001, "a", {})],
    "xls_one_row.xls": [(100001, "", {})],
    "xls_two_rows.xls": [(100001, "", {})],
    "year_as_title.csv": [
        (100001, "张三", {"2025": "10", "2026": "20"}),
        (100002, "李四", {"2025": "30", "2026": "40"}),
    ],
}
#: file -> why it is refused.
REFUSED = {
    "big5.csv": "encoding_uncertain",
    "duplicate_titles.csv": "mapped_twice",
    "html.xls": "web_page",
    "ole_loop.xls": "damaged",
    "ole_torn_directory.xls": "damaged",
    "utf16_nobom.csv": "encoding_uncertain",
    "xml2003.xls": "xml_file",
}
#: file -> what else has to be said, and what is in it then.
WITH_A_WORD: dict[str, tuple[list[str], Person]] = {
    "big5.csv": (["--encoding", "big5"], (100001, "張三", {"備註": "臺灣"})),
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


def test_every_case_has_its_right_value() -> None:
    files = {path.name for path in CASES.iterdir()} - {"README.md"}
    assert files == {*RIGHT, *REFUSED}


@pytest.mark.parametrize("name", RIGHT)
def test_the_people_of_a_file_get_into_the_list(name: str) -> None:
    run(CASES / name, "--list", "a")
    assert _people() == RIGHT[name]


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_said_and_leaves_nothing(name: str) -> None:
    answer = run(CASES / name, "--list", "a", status=1)
    assert answer["error"] == REFUSED[name]
    assert not ContactList.objects.exists()
    assert not ContactImport.objects.exists()
    assert list(import_folder().glob("*")) == []


@pytest.mark.parametrize("name", WITH_A_WORD)
def test_a_word_of_the_operator_is_followed(name: str) -> None:
    words, person = WITH_A_WORD[name]
    run(CASES / name, "--list", "a", *words)
    assert _people()[0] == person


def test_the_sheet_and_the_notes_are_said() -> None:
    answer = run(CASES / "hidden_first_sheet.xlsx", "--list", "a")
    assert (answer["sheet"], answer["header_row"], answer["notes"]) == ("新名单", 1, [])
    answer = run(CASES / "untitled_notes.xlsx", "--list", "b")
    assert answer["rejected"] == 0
    assert answer["notes"] == [
        "Cells without a title, which are left out: 1. The first, in line 2: 老客户"
    ]


def test_the_refusal_shows_how_each_encoding_reads_the_file() -> None:
    answer = run(CASES / "big5.csv", "--list", "a", status=1)
    assert answer["encodings"][0] == "big5"
    assert "--encoding" in answer["sentence"]
    assert "張三" in answer["sentence"]

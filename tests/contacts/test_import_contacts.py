"""The command `import_contacts`, from a file with errors to a list and a file of rejected rows."""

from __future__ import annotations

import csv
import json
import os
import stat
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from contacts.models import Contact, ContactImport, ContactList
from tabular.upload_files import import_folder
from tests.contacts.people import csv_of, write

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

BROKEN = """QQ号,姓名,城市,备注
10001,张三,北京,=1+1
１２３４５,李四,上海,
1.23457E+09,王五,广州,
10001,again,深圳,
abc,x,,
99,y,,
,z,,
10005,七,广州,x,too,many
10006,八
"""


def run(*arguments: object, status: int = 0) -> dict[str, Any]:
    """Run the command with --json, check its exit status, and return its answer."""
    out = StringIO()
    code = 0
    try:
        call_command("import_contacts", *map(str, arguments), "--json", stdout=out)
    except SystemExit as end:
        code = int(end.code or 0)
    assert code == status
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8-sig", "utf-16"])
def test_good_rows_are_imported_and_bad_rows_rejected(tmp_path: Path, encoding: str) -> None:
    answer = run(write(tmp_path, BROKEN.encode(encoding)), "--list", "会员")
    reasons = {error["line"]: error["reason"] for error in answer["errors"]}
    assert {
        key: answer[key] for key in ("created", "updated", "unchanged", "rejected", "rows")
    } == {
        "created": 3,
        "updated": 0,
        "unchanged": 0,
        "rejected": 6,
        "rows": 9,
    }
    assert reasons == {
        4: "scientific notation (1.23457E+09): the digits are gone, format the column as text",
        5: "duplicate of line 2",
        6: "not a number: abc",
        7: "out of range (10000 to 4294967295)",
        8: "blank",
        9: "too many columns: 6, the header has 4",
    }
    members = ContactList.objects.get(name="会员").contacts.order_by("uin")
    assert list(members.values_list("uin", "name", "attributes")) == [
        (10001, "张三", {"城市": "北京", "备注": "=1+1"}),
        (10006, "八", {}),
        (12345, "李四", {"城市": "上海"}),
    ]


def test_a_corrected_file_of_rejected_rows_can_be_imported(
    tmp_path: Path,
) -> None:
    rejects = Path(run(write(tmp_path, BROKEN), "--list", "a")["rejects_file"])
    assert stat.S_IMODE(os.stat(rejects).st_mode) == 0o600
    with rejects.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["QQ号", "姓名", "城市", "备注", "line", "reason"]
    assert rows[-1][:5] == ["10005", "七", "广州", "x | too | many", "9"]
    mended = rejects.read_text("utf-8-sig").replace("1.23457E+09", "1234567890")
    answer = run(write(tmp_path, mended), "--list", "a")
    assert answer["created"] == 2
    assert Contact.objects.get(uin=1234567890).attributes == {"城市": "广州"}


def test_an_escaped_formula_is_imported_unescaped(tmp_path: Path) -> None:
    rejects = Path(
        run(write(tmp_path, "uin,name,x\n10001,a,b\n1,=cmd(),@y\n"), "--list", "a")["rejects_file"]
    )
    text = rejects.read_text("utf-8-sig")
    assert "'=cmd()" in text
    run(write(tmp_path, text.replace("\n1,", "\n20001,")), "--list", "a")
    person = Contact.objects.get(uin=20001)
    assert (person.name, person.attributes) == ("=cmd()", {"x": "@y"})


def test_importing_twice_changes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, csv_of(range(10_000, 10_050)))
    assert run(path, "--list", "a")["created"] == 50
    answer = run(path, "--list", "a")
    assert (answer["created"], answer["updated"], answer["unchanged"]) == (0, 0, 50)
    assert ContactList.objects.get(name="a").memberships.count() == 50


@pytest.mark.parametrize("title", ["uin", "UIN", "qq", "QQ", "QQ号", "QQ号码", "号码", "qq number"])
def test_uin_column_is_recognised(tmp_path: Path, title: str) -> None:
    assert run(write(tmp_path, f"姓名,{title}\na,10001\n"), "--list", "a")["created"] == 1
    assert Contact.objects.get().name == "a"


def test_the_columns_of_a_file_without_a_header_are_guessed_from_its_cells(tmp_path: Path) -> None:
    assert run(write(tmp_path, "张三,123456\n李四,123457\n"), "--list", "a")["created"] == 2


def test_a_file_without_a_uin_column_is_refused_and_leaves_nothing_behind(tmp_path: Path) -> None:
    answer = run(write(tmp_path, "name,city\na,b\n"), "--list", "new", status=1)
    assert answer["error"] == "no_uin_column"
    assert "name, city" in answer["sentence"]
    assert "--mapping" in answer["sentence"]
    assert not ContactList.objects.exists()
    assert not ContactImport.objects.exists()
    assert list(import_folder().glob("*")) == []


@pytest.mark.parametrize("mapping", ["手机=uin,备注=", "uin=手机,备注="])
def test_a_mapping_works_in_both_directions(tmp_path: Path, mapping: str) -> None:
    path = write(tmp_path, "手机,备注,city\n10001,x,y\n")
    assert run(path, "--list", "a", "--mapping", mapping)["created"] == 1
    assert Contact.objects.get().attributes == {"city": "y"}


def test_a_mapping_of_an_unknown_column_is_refused(tmp_path: Path) -> None:
    answer = run(write(tmp_path, "uin\n10001\n"), "--list", "a", "--mapping", "x=y", status=1)
    assert answer["error"] == "no_such_column"


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    answer = run(write(tmp_path, "uin,x,x\n10001,a,b\n"), "--list", "a", status=1)
    assert answer["error"] == "mapped_twice"


def test_an_import_without_a_good_row_is_refused_with_its_figures(tmp_path: Path) -> None:
    answer = run(write(tmp_path, "uin\n1\nx\n"), "--list", "a", status=1)
    assert (answer["error"], answer["rejected"], answer["rows"]) == ("nothing_imported", 2, 2)
    assert Path(answer["rejects_file"]).exists()


def test_a_file_with_only_a_header_is_imported(tmp_path: Path) -> None:
    assert run(write(tmp_path, "uin,name\n"), "--list", "a")["rows"] == 0


def test_a_missing_file_is_refused_with_a_sentence(tmp_path: Path) -> None:
    assert run(tmp_path / "none.csv", "--list", "a", status=1)["error"] == "no_such_file"


def test_the_uploaded_copy_is_removed_after_the_import(tmp_path: Path) -> None:
    run(write(tmp_path, csv_of(range(10_000, 10_010))), "--list", "a")
    assert list(import_folder().glob("*")) == []

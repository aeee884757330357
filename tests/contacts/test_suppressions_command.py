"""The command `suppressions`: answers, refusals and exit statuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from contacts.models import ContactList, Suppression
from tests.commandline import manage

pytestmark = pytest.mark.django_db


def test_add_list_and_remove() -> None:
    made = manage("suppressions", "add", 10_001, 10_002, "--reason", "来信退订", "--json")
    assert (made.status, made.json) == (0, {"suppressed": 2, "already": 0, "list": None})
    again = manage("suppressions", "add", 10_002, 10_003, 10_003, "--json")
    assert again.json == {"suppressed": 1, "already": 1, "list": None}
    rows = manage("suppressions", "list", "--json").json
    assert [(row["uin"], row["list"], row["reason"], row["source"]) for row in rows] == [
        (10_001, None, "by_hand", "来信退订"),
        (10_002, None, "by_hand", "来信退订"),
        (10_003, None, "by_hand", ""),
    ]
    assert rows[0]["since"].endswith("Z")
    assert [row["uin"] for row in manage("suppressions", "list", 10_003, "--json").json] == [10_003]
    gone = manage("suppressions", "remove", 10_001, 10_003, "--json")
    assert (gone.status, gone.json) == (0, {"lifted": 2, "list": None})
    assert [row.uin for row in Suppression.objects.all()] == [10_002]


def test_a_suppression_for_one_list() -> None:
    members = ContactList.objects.create(name="会员 A")
    manage("suppressions", "add", 10_001)
    manage("suppressions", "add", 10_001, "--list", "会员 A")
    assert Suppression.objects.filter(contact_list=members).count() == 1
    shown = manage("suppressions", "list", "--list", "会员 A", "--json").json
    assert [row["list"] for row in shown] == ["会员 A"]
    assert manage("suppressions", "remove", 10_001, "--list", "会员 A").status == 0
    assert [row.contact_list for row in Suppression.objects.all()] == [None]


def test_the_answers_as_text() -> None:
    said = manage("suppressions", "add", 10_001, "--reason", "a letter")
    assert (said.status, said.out) == (0, "Suppressed: 1. Already suppressed: 0.\n")
    assert "10001  –  by_hand  a letter" in manage("suppressions", "list").out
    assert manage("suppressions", "remove", 10_001).out == "Suppressions lifted: 1.\n"
    assert manage("suppressions", "list").out == "There are no suppressions.\n"


@pytest.mark.parametrize("action", ["add", "remove"])
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((10_001, 9), "uin"),
        ((10_001, 4_294_967_296), "uin"),
        ((10_001, "--list", "none"), "list_unknown"),
    ],
)
def test_a_wrong_uin_or_list_refuses_the_whole_command(
    action: str, arguments: tuple[object, ...], code: str
) -> None:
    if action == "remove":
        manage("suppressions", "add", 10_001)
    refused = manage("suppressions", action, *arguments, "--json")
    assert (refused.status, refused.json["error"]) == (1, code)
    assert refused.json["sentence"].endswith(".")
    assert Suppression.objects.count() == (action == "remove")


def test_lifting_is_all_or_nothing() -> None:
    manage("suppressions", "add", 10_001)
    refused = manage("suppressions", "remove", 10_001, 10_002, "--json")
    assert (refused.status, refused.json["error"]) == (1, "not_suppressed")
    assert refused.json["uins"] == [10_002]
    assert Suppression.objects.count() == 1
    aloud = manage("suppressions", "remove", 10_002)
    assert "There is no suppression of 10002 for every campaign" in aloud.err


@pytest.mark.parametrize(
    "arguments", [(), ("add",), ("remove",), ("add", "x"), ("forget", 10_001)], ids=str
)
def test_wrong_usage(arguments: tuple[object, ...]) -> None:
    assert manage("suppressions", *arguments).status == 2


def test_a_file_is_imported_and_exported(tmp_path: Path) -> None:
    ContactList.objects.create(name="会员")
    file = tmp_path / "禁发.csv"
    file.write_text("QQ号,列表,来源\n10001,会员,来信\n10002,,\n", encoding="gb18030")
    made = manage("suppressions", "import", file, "--encoding", "gb18030", "--json")
    assert made.status == 0
    assert (made.json["created"], made.json["rows"], made.json["errors"]) == (2, 2, [])
    for name in ("out.csv", "out.xlsx"):
        out = tmp_path / name
        assert manage("suppressions", "export", "--out", out, "--json").json["rows"] == 2
        assert manage("suppressions", "import", out, "--json").json["unchanged"] == 2
    assert "10001,会员,imported,来信" in manage("suppressions", "export").out
    assert len(manage("suppressions", "export", "--json").json["items"]) == 2


def test_a_file_with_a_wrong_row_is_refused_completely(tmp_path: Path) -> None:
    file = tmp_path / "wrong.csv"
    file.write_text("uin\n10001\nx\n", encoding="utf-8")
    said = manage("suppressions", "import", file, "--json")
    assert (said.status, said.json["error"], said.json["created"]) == (1, "rows_wrong", 0)
    assert said.json["errors"] == [{"line": 3, "column": "uin", "reason": "not a number: x"}]
    assert not Suppression.objects.exists()
    assert manage("suppressions", "import", tmp_path / "none.csv").status == 1


def test_a_reason_in_another_encoding_is_refused_with_a_sentence() -> None:
    """Python keeps bytes of an argument that are no UTF-8 as lone surrogates."""
    result = manage("suppressions", "add", 100_001, "--reason", "\udcb2", "--json")
    assert result.status == 1
    assert result.json["error"] == "unstorable"
    assert "U+DCB2" in result.json["sentence"]
    assert not Suppression.objects.exists()

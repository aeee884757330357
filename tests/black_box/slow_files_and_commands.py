"""Files as a stranger has them, and the command line as the documents print it."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime

import openpyxl
import pytest

from tests.black_box.conftest import Arrive
from tests.black_box.operator_cli import REPORT_COLUMNS, STATUS_KEYS, Stranger, table
from tests.black_box.population import World, assert_all_arrived, import_people, launch_campaign

PEOPLE = list(range(3_000_000, 3_000_050))


def _rows(title: str, name: str) -> list[list[object]]:
    return [[title, name, "城市"], *([uin, f"姓名{uin}", "苏州"] for uin in PEOPLE)]


def _files(stranger: Stranger) -> dict[str, object]:
    text = table(_rows("QQ号", "姓名"))
    book = openpyxl.Workbook()
    for row in _rows("qq", "姓名"):
        book.active.append(row)  # type: ignore[union-attr]
    book.save(stranger.folder / "book.xlsx")
    return {
        "utf8": stranger.write("utf8.csv", text),
        "bom": stranger.write("bom.csv", text, encoding="utf-8-sig"),
        "gbk": stranger.write("gbk.csv", text, encoding="gbk"),
        "gb18030 lf": stranger.write("gblf.csv", text.replace("\r\n", "\n"), encoding="gb18030"),
        "utf16": stranger.write("utf16.csv", text, encoding="utf-16"),
        "semicolon": stranger.write(
            "semi.csv", table(_rows("qq", "name"), delimiter=";"), encoding="gbk"
        ),
        "tab": stranger.write("tab.txt", table(_rows("UIN", "name"), delimiter="\t")),
        "xlsx": stranger.folder / "book.xlsx",
        "no last line end": stranger.write("nol.csv", text.rstrip()),
        "only uins": stranger.write("only.csv", "uin\n" + "\n".join(map(str, PEOPLE))),
        "no header": stranger.write("nohead.csv", "\n".join(map(str, PEOPLE))),
    }


def test_every_kind_of_file(arrive: Arrive) -> None:
    stranger, _gateway = arrive(World(1, 1))
    assert stranger.manage("migrate").status == 0
    for name, file in _files(stranger).items():
        done = stranger.ok("import_contacts", file, "--list", name)
        print(name, done)
        assert done["created"] + done["updated"] + done["unchanged"] == len(PEOPLE), name
        assert done["rejected"] == 0, (name, done)
    bad = stranger.write("bad.csv", "name,city\na,b\n")
    assert "uin" in stranger.refused("import_contacts", bad, "--list", "bad")
    assert "no file" in stranger.refused("import_contacts", "nowhere.csv", "--list", "bad")
    empty = stranger.write("empty.csv", "")
    stranger.refused("import_contacts", empty, "--list", "bad")
    stranger.refused("import_contacts", stranger.folder, "--list", "bad")
    stranger.refused("import_contacts", bad, status=2)
    mixed = stranger.write("mixed.csv", "uin,name\n10001,a\nabc,b\n10001,c\n1.2E+09,d\n")
    done = stranger.ok("import_contacts", mixed, "--list", "mixed")
    assert (done["created"], done["rejected"]) == (1, 3), done
    mapped = stranger.write("mapped.csv", "kunde,wer\n10005,Wang\n")
    done = stranger.ok(
        "import_contacts", mapped, "--list", "mapped", "--mapping", "uin=kunde,name=wer"
    )
    assert done["created"] == 1, done


@pytest.mark.parametrize(
    "wrong",
    [
        ("campaign",),
        ("campaign", "dance", "x"),
        ("campaign", "status"),
        ("campaign", "create", "x", "--text", "t"),
        ("campaign", "create", "x", "--list", "all"),
        ("campaign", "create", "x", "--list", "all", "--text", "a", "--template", "b"),
        ("campaign", "create", "x", "--list", "all", "--text", "a", "--account", "me"),
        ("campaign", "create", "x", "--list", "all", "--text", "a", "--promise", "never"),
        ("campaign", "report", "x"),
        ("campaign", "report", "x", "--format", "pdf", "--out", "y"),
        ("accounts", "dance"),
        ("accounts", "login"),
        ("import_accounts",),
        ("up", "--port", "http"),
        ("up", "--worker-concurrency", "0"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_2(arrive: Arrive, wrong: tuple[str, ...]) -> None:
    stranger, _gateway = arrive(World(1, 1))
    stranger.refused(*wrong, status=2)


def test_refusals_are_1(arrive: Arrive) -> None:
    stranger, _gateway = arrive(World(1, 1))
    assert stranger.manage("migrate").status == 0
    import_people(stranger, "all", PEOPLE)
    for refused in (
        ("campaign", "start", "nobody"),
        ("campaign", "status", "nobody"),
        ("campaign", "create", "x", "--list", "nowhere", "--text", "t"),
        ("campaign", "create", "x", "--list", "all", "--text", "{{ nmae }}"),
        ("campaign", "create", "x", "--list", "all", "--text", "{% if %}"),
        ("campaign", "create", "x", "--list", "all", "--text", ""),
        ("campaign", "create", "x", "--list", "all", "--template", "nowhere"),
        ("campaign", "create", "x", "--list", "all", "--text", "t", "--account", "99999"),
        ("campaign", "create", "x", "--list", "all", "--text", "t", "--at", "tomorrow"),
        ("campaign", "create", "x", "--list", "all", "--text", "t", "--window", "9-25"),
        ("campaign", "create", "x", "--list", "all", "--text", "t", "--timezone", "Mars"),
        ("accounts", "login", "99999"),
        ("import_accounts", "nowhere.csv"),
    ):
        sentence = stranger.refused(*refused)
        print(refused, "->", sentence.strip())
        said = stranger.manage(*refused, "--json")
        assert (said.status, said.err) == (1, ""), said
        assert said.json.keys() >= {"error", "sentence"}
    stranger.ok("campaign", "create", "x", "--list", "all", "--text", "t")
    assert "x" in stranger.refused("campaign", "create", "x", "--list", "all", "--text", "t")
    for verb in ("start", "pause", "resume", "cancel", "retry", "wait"):
        print(verb, stranger.refused("campaign", verb, "x").strip())
    assert stranger.status("x")["state"] == "draft"
    assert stranger.manage("campaign", "preflight", "x", "--json").status == 1


def test_the_job_with_every_flag(arrive: Arrive) -> None:
    world = World(3, 20)
    stranger, gateway = arrive(world)
    stranger.up()
    stranger.ok("import_accounts", stranger.accounts_file(world.passwords))
    stranger.ok("accounts", "login", "--all")
    stranger.ok("accounts", "sync", *world.uins)
    import_people(stranger, "会员 A", world.people)
    import_people(stranger, "B", world.people[:10])
    import_people(stranger, "not them", world.people[5:15])
    text = "-- {{ name }}\r\n你好 {{ uin }} 100% & more = fine + hi 🎉"
    stranger.ok(
        *("campaign", "create", "春 节", "--list", "会员 A", "--list", "B"),
        *("--exclude-list", "not them", "--text", text, "--window", "00:00-23:59"),
        *("--timezone", "Asia/Shanghai", "--promise", "never-twice"),
        *("--account", world.uins[0], "--account", world.uins[1]),
    )
    before = stranger.ok("campaign", "preflight", "春 节")
    print(before)
    assert (before["targeted"], before["sendable"]) == (50, 30)
    said = stranger.manage("campaign", "start", "春 节")
    assert (said.status, said.err) == (0, ""), said
    said = stranger.manage("campaign", "wait", "春 节", "--timeout", 60)
    assert said.status == 0, said
    print(said)
    figures = stranger.status("春 节")
    assert figures.keys() >= STATUS_KEYS
    assert (figures["targeted"], figures["sent"], figures["skipped"]) == (50, 30, 20)
    for message in gateway.arrived.messages:
        expected = f"-- 人 {message.to}\r\n你好 {message.to} 100% & more = fine + hi 🎉"
        assert message.text.decode() == expected
    _assert_reports_agree(stranger, "春 节")
    # Once more: a second run of the same campaign, to the same people.
    said = stranger.manage("campaign", "start", "春 节", "--json")
    print(said)
    launch_campaign(stranger, "two", "2", "--list", "B", "--exclude-list", "not them")
    assert stranger.wait("two")["sent"] == 5
    assert_all_arrived(gateway, "2", world.people[:5])


def _assert_reports_agree(stranger: Stranger, name: str) -> None:
    rows = {row["uin"]: row for row in stranger.report(name)}
    for row in rows.values():
        assert (row["state"] == "sent") == bool(row["sent_at"]), row
        if row["sent_at"]:
            assert datetime.fromisoformat(row["sent_at"]).tzinfo is not None
    file = stranger.folder / "report.json"
    stranger.ok("campaign", "report", name, "--format", "json", "--out", file)
    as_json = json.loads(file.read_text("utf-8"))
    assert [list(row) for row in as_json] == [REPORT_COLUMNS] * len(rows)
    for row in as_json:
        got = {key: "" if value is None else str(value) for key, value in row.items()}
        assert got == rows[str(row["uin"])]
    file = stranger.folder / "report.xlsx"
    stranger.ok("campaign", "report", name, "--format", "xlsx", "--out", file)
    cells = list(openpyxl.load_workbook(file).active.iter_rows(values_only=True))  # type: ignore[union-attr]
    assert list(cells[0]) == REPORT_COLUMNS
    assert {str(row[0]) for row in cells[1:]} == set(rows)
    said = stranger.manage("campaign", "report", name, "--format", "csv", "--out", "-")
    assert len(list(csv.reader(io.StringIO(said.out, newline="")))) == len(rows) + 1
    stranger.refused("campaign", "report", name, "--out", "/nonexistent/folder/x.csv")

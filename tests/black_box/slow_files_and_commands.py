"""Import files of every documented kind, and the command line as the documents print it."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime

import openpyxl
import pytest

from tests.black_box.conftest import MakeOperator
from tests.black_box.operator_cli import REPORT_COLUMNS, STATUS_KEYS, Operator, table
from tests.black_box.population import (
    Population,
    assert_all_arrived,
    import_people,
    launch_campaign,
)

PEOPLE = list(range(3_000_000, 3_000_050))


def _rows(title: str, name: str) -> list[list[object]]:
    return [[title, name, "城市"], *([uin, f"姓名{uin}", "苏州"] for uin in PEOPLE)]


def _files(operator: Operator) -> dict[str, object]:
    text = table(_rows("QQ号", "姓名"))
    book = openpyxl.Workbook()
    for row in _rows("qq", "姓名"):
        book.active.append(row)  # type: ignore[union-attr]
    book.save(operator.folder / "book.xlsx")
    return {
        "utf8": operator.write("utf8.csv", text),
        "bom": operator.write("bom.csv", text, encoding="utf-8-sig"),
        "gbk": operator.write("gbk.csv", text, encoding="gbk"),
        "gb18030 lf": operator.write("gblf.csv", text.replace("\r\n", "\n"), encoding="gb18030"),
        "utf16": operator.write("utf16.csv", text, encoding="utf-16"),
        "semicolon": operator.write(
            "semi.csv", table(_rows("qq", "name"), delimiter=";"), encoding="gbk"
        ),
        "tab": operator.write("tab.txt", table(_rows("UIN", "name"), delimiter="\t")),
        "xlsx": operator.folder / "book.xlsx",
        "no last line end": operator.write("nol.csv", text.rstrip()),
        "only uins": operator.write("only.csv", "uin\n" + "\n".join(map(str, PEOPLE))),
        "no header": operator.write("nohead.csv", "\n".join(map(str, PEOPLE))),
    }


def test_every_kind_of_file_is_imported_and_a_bad_one_is_refused(
    make_operator: MakeOperator,
) -> None:
    operator, _gateway = make_operator(Population(1, 1))
    assert operator.manage("migrate").status == 0
    for name, file in _files(operator).items():
        done = operator.ok("import_contacts", file, "--list", name)
        print(name, done)
        assert done["created"] + done["updated"] + done["unchanged"] == len(PEOPLE), name
        assert done["rejected"] == 0, (name, done)
    bad = operator.write("bad.csv", "name,city\na,b\n")
    assert "uin" in operator.refused("import_contacts", bad, "--list", "bad")
    assert "no file" in operator.refused("import_contacts", "nowhere.csv", "--list", "bad")
    empty = operator.write("empty.csv", "")
    operator.refused("import_contacts", empty, "--list", "bad")
    operator.refused("import_contacts", operator.folder, "--list", "bad")
    operator.refused("import_contacts", bad, status=2)
    mixed = operator.write("mixed.csv", "uin,name\n10001,a\nabc,b\n10001,c\n1.2E+09,d\n")
    done = operator.ok("import_contacts", mixed, "--list", "mixed")
    assert (done["created"], done["rejected"]) == (1, 3), done
    mapped = operator.write("mapped.csv", "kunde,wer\n10005,Wang\n")
    done = operator.ok(
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
def test_wrong_usage_exits_with_2(make_operator: MakeOperator, wrong: tuple[str, ...]) -> None:
    operator, _gateway = make_operator(Population(1, 1))
    operator.refused(*wrong, status=2)


def test_refusals_exit_with_1_and_a_sentence(make_operator: MakeOperator) -> None:
    operator, _gateway = make_operator(Population(1, 1))
    assert operator.manage("migrate").status == 0
    import_people(operator, "all", PEOPLE)
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
        sentence = operator.refused(*refused)
        print(refused, "->", sentence.strip())
        result = operator.manage(*refused, "--json")
        assert (result.status, result.err) == (1, ""), result
        assert result.json.keys() >= {"error", "sentence"}
    operator.ok("campaign", "create", "x", "--list", "all", "--text", "t")
    assert "x" in operator.refused("campaign", "create", "x", "--list", "all", "--text", "t")
    for verb in ("start", "pause", "resume", "cancel", "retry", "wait"):
        print(verb, operator.refused("campaign", verb, "x").strip())
    assert operator.status("x")["state"] == "draft"
    assert operator.manage("campaign", "preflight", "x", "--json").status == 1


def test_a_campaign_with_every_option_is_sent_and_reported(make_operator: MakeOperator) -> None:
    population = Population(3, 20)
    operator, gateway = make_operator(population)
    operator.up()
    operator.ok("import_accounts", operator.accounts_file(population.passwords))
    operator.ok("accounts", "login", "--all")
    operator.ok("accounts", "sync", *population.uins)
    import_people(operator, "会员 A", population.people)
    import_people(operator, "B", population.people[:10])
    import_people(operator, "not them", population.people[5:15])
    text = "-- {{ name }}\r\n你好 {{ uin }} 100% & more = fine + hi 🎉"
    operator.ok(
        *("campaign", "create", "春 节", "--list", "会员 A", "--list", "B"),
        *("--exclude-list", "not them", "--text", text, "--window", "00:00-23:59"),
        *("--timezone", "Asia/Shanghai", "--promise", "never-twice"),
        *("--account", population.uins[0], "--account", population.uins[1]),
    )
    before = operator.ok("campaign", "preflight", "春 节")
    print(before)
    assert (before["targeted"], before["sendable"]) == (50, 30)
    result = operator.manage("campaign", "start", "春 节")
    assert (result.status, result.err) == (0, ""), result
    result = operator.manage("campaign", "wait", "春 节", "--timeout", 60)
    assert result.status == 0, result
    print(result)
    figures = operator.status("春 节")
    assert figures.keys() >= STATUS_KEYS
    assert (figures["targeted"], figures["sent"], figures["skipped"]) == (50, 30, 20)
    for message in gateway.traffic.messages:
        expected = f"-- 人 {message.to}\r\n你好 {message.to} 100% & more = fine + hi 🎉"
        assert message.text.decode() == expected
    _assert_reports_agree(operator, "春 节")
    # A second run of the same campaign, to the same people.
    result = operator.manage("campaign", "start", "春 节", "--json")
    print(result)
    launch_campaign(operator, "two", "2", "--list", "B", "--exclude-list", "not them")
    assert operator.wait("two")["sent"] == 5
    assert_all_arrived(gateway, "2", population.people[:5])


def _assert_reports_agree(operator: Operator, name: str) -> None:
    rows = {row["uin"]: row for row in operator.report(name)}
    for row in rows.values():
        assert (row["state"] == "sent") == bool(row["sent_at"]), row
        if row["sent_at"]:
            assert datetime.fromisoformat(row["sent_at"]).tzinfo is not None
    file = operator.folder / "report.json"
    operator.ok("campaign", "report", name, "--format", "json", "--out", file)
    as_json = json.loads(file.read_text("utf-8"))
    assert [list(row) for row in as_json] == [REPORT_COLUMNS] * len(rows)
    for row in as_json:
        got = {key: "" if value is None else str(value) for key, value in row.items()}
        assert got == rows[str(row["uin"])]
    file = operator.folder / "report.xlsx"
    operator.ok("campaign", "report", name, "--format", "xlsx", "--out", file)
    cells = list(openpyxl.load_workbook(file).active.iter_rows(values_only=True))  # type: ignore[union-attr]
    assert list(cells[0]) == REPORT_COLUMNS
    assert {str(row[0]) for row in cells[1:]} == set(rows)
    result = operator.manage("campaign", "report", name, "--format", "csv", "--out", "-")
    assert len(list(csv.reader(io.StringIO(result.out, newline="")))) == len(rows) + 1
    operator.refused("campaign", "report", name, "--out", "/nonexistent/folder/x.csv")

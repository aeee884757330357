"""The whole job from the command line alone: import, log in, create, start, wait, report."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from qqhttp.simulator import GatewaySimulator
from qqhttp.simulator.population import password_of, populate
from tests.running_stack import RunningStack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]

TEXT = '-你好 100% & more = fine + hi, "q"\r\nnext\nline 😀 {{ name }}'


def write(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])


@pytest.mark.exhaustive
def test_a_campaign_is_run_completely_from_the_command_line(
    stack: RunningStack, gateway: GatewaySimulator, tmp_path: Path
) -> None:
    world = populate(gateway.settings)
    people = sorted({uin for account in world.values() for uin in account.friends})
    accounts = [(uin, password_of(uin), 0) for uin in world]
    write(tmp_path / "accounts.csv", ("uin", "password", "min_interval"), accounts)
    write(tmp_path / "people.csv", ("uin", "name"), [(uin, f"人{uin}") for uin in people])
    wrong = [(*accounts[0][:1], "mistyped", 0), *accounts[1:]]
    write(tmp_path / "wrong.csv", ("uin", "password", "min_interval"), wrong)
    stack.manage("import_accounts", str(tmp_path / "wrong.csv"), "--json")
    refused = stack.manage("accounts", "login", str(accounts[0][0]), "--json", check=False)
    assert refused.returncode == 1
    (row,) = json.loads(refused.stdout)
    assert (row["state"], row["reason"]) == ("quarantined", "login_refused")
    assert row["sentence"]
    assert "mistyped" not in refused.stdout + refused.stderr

    stack.manage("import_accounts", str(tmp_path / "accounts.csv"), "--json")
    stack.manage("accounts", "enable", str(accounts[0][0]), "--json")
    stack.manage("import_contacts", str(tmp_path / "people.csv"), "--list", "会员 A", "--json")

    synced = json.loads(stack.manage("accounts", "sync", "--all", "--json").stdout)
    assert {row["state"] for row in synced} == {"online"}
    assert {row["friends"] for row in synced} == {20}

    stack.manage("campaign", "create", "春 节", "--list", "会员 A", "--text", TEXT, "--json")
    found = json.loads(stack.manage("campaign", "preflight", "春 节", "--json").stdout)
    assert found["sendable"] == found["targeted"] == len(people)
    stack.manage("campaign", "start", "春 节", "--json")
    waited = stack.manage("campaign", "wait", "春 节", "--timeout", "120", timeout=150)
    assert "\r" not in waited.stderr

    status = json.loads(stack.manage("campaign", "status", "春 节", "--json").stdout)
    assert (status["state"], status["sent"]) == ("finished", len(people))
    assert status["res"] == {"0": len(people)}
    report = tmp_path / "report.csv"
    stack.manage("campaign", "report", "春 节", "--format", "csv", "--out", str(report))
    with report.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    said = {int(row["uin"]): row["text"] for row in rows}
    assert said == {uin: TEXT.replace("{{ name }}", f"人{uin}") for uin in people}
    assert {row["state"] for row in rows} == {"sent"}
    arrived = {message.un: message.text for message in gateway.control.messages()}
    assert arrived == said
    assert gateway.control.figures().twice == 0

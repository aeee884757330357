"""A backup while runs go on, the installation destroyed, and the restored one going on."""

from __future__ import annotations

import contextlib
import json
import stat
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from qqhttp.simulator import GatewaySimulator
from tests.operations.rehearsal import arrived, import_world, postgresql_programs, said, status
from tests.running_stack import RunningStack
from tests.servers import new_database

pytestmark = [pytest.mark.stack, pytest.mark.timeout(400), pytest.mark.exhaustive]

#: "on" goes on after the backup; "paused" was paused before it, and stays so.
ON, PAUSED = "the one that goes on", "the one that is paused"


def test_a_restored_installation_goes_on_and_sends_nothing_twice(
    start_stack: Callable[..., RunningStack],
    gateway: GatewaySimulator,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    old = start_stack(QQ_GATEWAY_URL=gateway.url, PATH=postgresql_programs())
    people = import_world(old, gateway, tmp_path)
    for name, text in (("on", ON), ("paused", PAUSED)):
        old.manage(
            "campaign", "create", name, "--list", "all", "--text", text, "--per-minute", "300"
        )
    old.manage("campaign", "start", "paused")
    _wait(old, lambda: len(arrived(gateway, PAUSED)) > 10)
    old.manage("campaign", "pause", "paused")
    old.manage("campaign", "start", "on")
    _wait(old, lambda: len(arrived(gateway, ON)) > 10)

    backup, keys = tmp_path / "backup", tmp_path / "keys"
    told = said(old, "backup", str(backup), "--keys", str(keys))
    at_backup = len(arrived(gateway, ON))
    assert told["counts"]["sending_delivery"] == 2 * len(people)
    assert {stat.S_IMODE(file.stat().st_mode) for file in (backup, keys)} == {0o600}
    again = old.manage("backup", str(backup), "--json", check=False)
    assert json.loads(again.stdout)["error"] == "exists"
    _wait(old, lambda: len(arrived(gateway, ON)) > at_backup + 20)
    old.end_at_once()
    time.sleep(1.0)  # the kernel ends the rest of it
    before = len(gateway.control.messages())

    with contextlib.ExitStack() as opened:
        env = {"QQ_GATEWAY_URL": gateway.url, "PATH": postgresql_programs()}
        env["CREDENTIAL_KEYS"] = ",".join(json.loads(keys.read_text())["CREDENTIAL_KEYS"])
        if "DATABASE_URL" in old.env:
            server = request.getfixturevalue("postgresql_server_url")
            name = f"test_{uuid.uuid4().hex[:12]}"
            env["DATABASE_URL"] = opened.enter_context(new_database(server, name))
        new = RunningStack(old.home.parent / "new" / "home", env=env)
        new.home.parent.mkdir()
        opened.callback(new.end_at_once)
        facts = said(new, "restore", str(backup))
        assert facts["unreadable_accounts"] == []
        assert {run["name"].split()[0] for run in facts["runs"]} >= {"on", "paused"}
        new.start()
        time.sleep(6.0)
        assert len(gateway.control.messages()) == before, "it sent before it was released"
        second = new.manage("restore", str(backup), "--json", check=False)
        assert json.loads(second.stdout)["error"] == "not_empty"

        (paused,) = [run for run in facts["runs"] if run["state"] == "paused"]
        released = said(new, "restore", "--release", "--go-on", str(paused["run"]))
        assert released["kept"] == paused["pending"] + paused["sending"]
        new.manage("campaign", "resume", "paused")
        new.manage("campaign", "wait", "paused", "--timeout", "120", timeout=150)
        new.manage("campaign", "wait", "on", "--timeout", "60", timeout=90)

        assert status(new, "paused")["sent"] == len(people)
        assert arrived(gateway, PAUSED) == dict.fromkeys(people, 1)
        on = status(new, "on")
        assert on["state"] == "finished"
        assert on["sent"] + on["unknown"] == on["targeted"] == len(people)
        assert on["reasons"]["unknown"] == {"restored": on["unknown"]}
        figures = gateway.control.figures()
        assert (figures.twice, figures.repeats_of_other) == (0, 0)

        # What is unknown can still be decided: who did not get it gets it now.
        got = set(arrived(gateway, ON))
        missed = [str(uin) for uin in people if uin not in got]
        new.manage("campaign", "resolve", "on", "--as", "again", "--uin", *missed)
        new.manage("campaign", "wait", "on", "--timeout", "120", timeout=150)
        assert arrived(gateway, ON) == dict.fromkeys(people, 1)
        figures = gateway.control.figures()
        assert (figures.twice, figures.repeats_of_other) == (0, 0)
        assert "Traceback" not in new.logs()


def _wait(stack: RunningStack, condition: Callable[[], bool]) -> None:
    stack.wait_until(condition, what="enough messages", seconds=90.0)

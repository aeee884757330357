"""Opting out, its confirmation and a rule in the real stack, through the command line alone."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from qqhttp.simulator import GatewaySimulator
from qqhttp.simulator.population import FIRST_FRIEND, password_of, populate
from tests.running_stack import RunningStack
from tests.sending.working import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]

GOODBYE, PRICE = "您已退订。", "100 元"
#: The first two friends of the first account.
WHO_LEAVES, WHO_ASKS = FIRST_FRIEND, FIRST_FRIEND + 1


@pytest.mark.exhaustive
def test_who_opts_out_is_told_and_gets_nothing_more(
    stack: RunningStack, gateway: GatewaySimulator, tmp_path: Path
) -> None:
    gateway.control.change(heartbeat=1)
    world = populate(gateway.settings)
    people = sorted({uin for account in world.values() for uin in account.friends})
    _write(tmp_path / "accounts.csv", ("uin", "password"), [(u, password_of(u)) for u in world])
    _write(tmp_path / "people.csv", ("uin",), [(uin,) for uin in people])
    stack.manage("import_accounts", str(tmp_path / "accounts.csv"))
    stack.manage("accounts", "sync", "--all")
    stack.manage("import_contacts", str(tmp_path / "people.csv"), "--list", "all")
    stack.manage("suppressions", "confirm-opt-outs", "--on", "--text", GOODBYE)
    stack.manage("reply_rules", "create", "price", "--word", "多少钱", "--answer", PRICE, "--on")
    first = min(world)
    gateway.control.push_inbound(uin=first, sender=WHO_LEAVES, text="TD")
    gateway.control.push_inbound(uin=first, sender=WHO_ASKS, text="多少钱？")

    def told() -> bool:
        times = gateway.control.times
        return bool(times(un=WHO_LEAVES, text=GOODBYE) and times(un=WHO_ASKS, text=PRICE))

    wait_until(told, what="the confirmation and the answer", seconds=60.0)
    (opt_out,) = _said(stack, "suppressions", "opt-outs")["items"]
    assert (opt_out["uin"], opt_out["suppressed"]) == (WHO_LEAVES, True)
    assert opt_out["confirmation"] == "sent"

    stack.manage("campaign", "create", "c", "--list", "all", "--text", "hi")
    stack.manage("campaign", "start", "c")
    stack.manage("campaign", "wait", "c", "--timeout", "120", timeout=150)
    status = _said(stack, "campaign", "status", "c")
    assert (status["sent"], status["reasons"]) == (
        len(people) - 1,
        {"skipped": {"suppressed": 1}},
    )
    gateway.control.push_inbound(uin=first, sender=WHO_ASKS, text="谢谢")
    wait_until(
        lambda: _said(stack, "campaign", "figures", "c", "--by", "run")["items"][0]["replied"] == 1,
        what="the reply in the figures",
    )
    assert gateway.control.times(un=WHO_LEAVES, text="hi") == 0
    assert gateway.control.figures().twice == 0
    assert "Traceback" not in stack.logs()


def _said(stack: RunningStack, *arguments: str) -> Any:
    return json.loads(stack.manage(*arguments, "--json").stdout)


def _write(path: Path, heading: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([heading, *rows])

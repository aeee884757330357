"""The real stack with a troublesome receiver: every event arrives over kills of every process."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qqhttp.simulator import GatewaySimulator
from qqhttp.simulator.population import password_of, populate
from tests.running_stack import RunningStack
from tests.webhooks.receiver import Receiver, is_signed, running_receiver, troublesome

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600), pytest.mark.exhaustive]

#: The longest pause between two kills: the receiver is called meanwhile, or all is told.
BETWEEN_SECONDS = 15.0
#: Who is killed, one after another, while a campaign runs and is told of.
KILLED = ("jobs", "worker", "beat", "redis", "jobs")


def test_every_event_arrives_in_order_over_kills(
    start_stack: Callable[..., RunningStack], gateway: GatewaySimulator, tmp_path: Path
) -> None:
    with running_receiver() as receiver:
        receiver.mood = troublesome()
        stack = start_stack(QQ_GATEWAY_URL=gateway.url, WEBHOOK_ALLOW_PRIVATE="1")
        _run(stack, receiver, gateway, tmp_path)


def _run(
    stack: RunningStack, receiver: Receiver, gateway: GatewaySimulator, tmp_path: Path
) -> None:
    world = populate(gateway.settings)
    people = sorted({uin for account in world.values() for uin in account.friends})
    _write(tmp_path / "accounts.csv", ("uin", "password"), [(u, password_of(u)) for u in world])
    _write(tmp_path / "people.csv", ("uin",), [(uin,) for uin in people])
    added = _said(stack, "webhooks", "add", "crm", receiver.url)
    stack.manage("import_accounts", str(tmp_path / "accounts.csv"))
    stack.manage("accounts", "sync", "--all")
    stack.manage("import_contacts", str(tmp_path / "people.csv"), "--list", "all")
    stack.manage("campaign", "create", "c", "--list", "all", "--text", "a secret text")
    stack.manage("campaign", "start", "c")
    for name in KILLED:
        before = len(receiver.heads)
        until = time.monotonic() + BETWEEN_SECONDS
        while len(receiver.heads) <= before + 3 and time.monotonic() < until:
            time.sleep(0.05)
        stack.kill(name)
    stack.manage("campaign", "wait", "c", "--timeout", "180", timeout=200)
    receiver.mood = lambda: (200, 0.0)
    stack.wait_until(lambda: _backlog(stack) == 0, what="the outbox to be empty", seconds=180)

    stack.manage(
        "campaign", "report", "c", "--format", "json", "--out", str(tmp_path / "report.json")
    )
    report = json.loads((tmp_path / "report.json").read_text())
    ends = {
        body["data"]["uin"]: body["data"]["state"]
        for told in receiver.first_times().values()
        for body in told
        if body["type"] == "delivery.ended"
    }
    assert ends == {row["uin"]: row["state"] for row in report}
    runs = [told for about, told in receiver.first_times().items() if about.startswith("run:")]
    assert runs[0][-1]["data"]["state"] == "finished"
    states = [body["data"]["state"] for body in runs[0]]
    assert states.index("running") < states.index("finished")
    for about, told in receiver.first_times().items():
        times = [body["timestamp"] for body in told]
        assert times == sorted(times), about
    assert "import.ended" in {body["type"] for _key, body in receiver.taken}
    assert all(is_signed(*head, added["secret"]) for head in receiver.heads)
    assert not any(b"a secret text" in body for _headers, body in receiver.heads)
    assert added["secret"] not in stack.logs()


def _backlog(stack: RunningStack) -> int:
    time.sleep(1.0)  # a command costs a process, and the stack needs the processor
    [one] = _said(stack, "webhooks", "list")["items"]
    return int(one["backlog"])


def _said(stack: RunningStack, *arguments: str) -> Any:
    return json.loads(stack.manage(*arguments, "--json").stdout)


def _write(path: Path, heading: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([heading, *rows])

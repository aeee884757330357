"""The inbox in the real worker, on greenlets: polled without and with messages to send."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from qqhttp.simulator import GatewaySimulator
from qqhttp.simulator.population import FIRST_FRIEND, password_of, populate
from tests.running_stack import RunningStack
from tests.sending.working import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300), pytest.mark.exhaustive]

TEXT = "好的，a+b, c%\r\n👌"
SHOW = (
    "import json; from accounts.models import InboundMessage; "
    "print(json.dumps(list(InboundMessage.objects.order_by('pk').values_list('uin', 'text'))))"
)


def test_answers_arrive_before_and_after_a_run(
    stack: RunningStack, gateway: GatewaySimulator, tmp_path: Path
) -> None:
    gateway.control.change(heartbeat=1)
    world = populate(gateway.settings)
    with (tmp_path / "accounts.csv").open("w", newline="") as file:
        rows = [("uin", "password"), *((uin, password_of(uin)) for uin in world)]
        csv.writer(file).writerows(rows)
    with (tmp_path / "people.csv").open("w", newline="") as file:
        people = sorted({uin for account in world.values() for uin in account.friends})
        csv.writer(file).writerows([("uin",), *((uin,) for uin in people)])
    stack.manage("import_accounts", str(tmp_path / "accounts.csv"))
    stack.manage("accounts", "sync", "--all")
    first = min(world)
    gateway.control.push_inbound(uin=first, sender=FIRST_FRIEND, text=TEXT)
    wait_until(lambda: _inbox(stack) == [(FIRST_FRIEND, f"{TEXT} ")], what="the first answer")

    stack.manage("import_contacts", str(tmp_path / "people.csv"), "--list", "all")
    stack.manage("campaign", "create", "c", "--list", "all", "--text", "hi")
    stack.manage("campaign", "start", "c")
    gateway.control.push_inbound(uin=first, sender=FIRST_FRIEND, text="again")
    stack.manage("campaign", "wait", "c", "--timeout", "120", timeout=150)
    status = json.loads(stack.manage("campaign", "status", "c", "--json").stdout)
    assert (status["sent"], status["res"]) == (len(people), {"0": len(people)})
    wait_until(lambda: len(_inbox(stack)) == 2, what="the second answer")
    assert gateway.control.figures().twice == 0
    assert gateway.control.figures().logins == {"accepted": len(world), "refused": 0, "moved": 0}
    assert "Traceback" not in stack.logs()


def _inbox(stack: RunningStack) -> list[tuple[int, str]]:
    said = stack.manage("shell", "--no-imports", "-c", SHOW).stdout
    return [(uin, text) for uin, text in json.loads(said)]

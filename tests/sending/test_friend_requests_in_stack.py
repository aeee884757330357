"""Friend requests in the real stack, whose worker is killed between the mark and the answer."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from qqhttp.simulator import GatewaySimulator
from qqhttp.simulator.population import password_of, populate
from tests.running_stack import RunningStack
from tests.sending.working import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]

KILLS = "after_task_mark=0.15,after_task_reply=0.15"
EVERYBODY = "from accounts.models import Account; Account.objects.update(friend_policy='all')"


def test_each_request_is_accepted_once_over_kills(
    start_stack: Callable[..., RunningStack], gateway: GatewaySimulator, tmp_path: Path
) -> None:
    gateway.control.change(heartbeat=1)
    stack = start_stack(QQ_GATEWAY_URL=gateway.url, QQCAMPAIGN_FAILPOINTS=KILLS)
    accounts = list(populate(gateway.settings))[:5]
    with (tmp_path / "accounts.csv").open("w", newline="") as file:
        rows = [("uin", "password"), *((uin, password_of(uin)) for uin in accounts)]
        csv.writer(file).writerows(rows)
    stack.manage("import_accounts", str(tmp_path / "accounts.csv"))
    stack.manage("accounts", "login", "--all")
    stack.manage("shell", "--no-imports", "-c", EVERYBODY)
    people = range(50_001, 50_005)
    for account in accounts:
        for uin in people:
            gateway.control.push_friend_request(uin=account, sender=uin, text="hi")

    def accepted() -> int:
        said = stack.manage("friends", "requests", "--state", "accepted", "--json").stdout
        return len(json.loads(said)["items"])

    expected = len(accounts) * len(people)
    wait_until(lambda: accepted() == expected, what="all to be accepted", seconds=200)
    for account in accounts:
        assert gateway.control.acks(uin=account) == {(uin, 0): 1 for uin in people}
    killed = stack.logs().count("failpoint after_task_")
    assert killed >= 1

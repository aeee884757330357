"""Friend requests in the real stack, whose worker is killed between the mark and the answer."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from qqhttp.simulator import GatewaySimulator
from qqhttp.simulator.population import password_of, populate
from tests.running_stack import RunningStack
from tests.sending.working import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300), pytest.mark.exhaustive]

KILLS = "after_task_mark=0.1,after_task_reply=0.1"
#: Friend requests to each account in a round, and the most rounds until a worker was killed.
FIRST, A_ROUND, MOST_ROUNDS = 50_001, 2, 8
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
    people: list[int] = []
    # Few kills: the supervisor restarts a worker that dies again and again ever more slowly.
    while len(people) < MOST_ROUNDS * A_ROUND and not _kills(stack):
        people += range(FIRST + len(people), FIRST + len(people) + A_ROUND)
        for account in accounts:
            for uin in people[-A_ROUND:]:
                gateway.control.push_friend_request(uin=account, sender=uin, text="hi")
        wait_until(
            partial(_are_answered, gateway, accounts, len(people)),
            what="all to be accepted",
            seconds=120,
        )
    wait_until(lambda: _accepted(stack) == len(accounts) * len(people), seconds=60)
    for account in accounts:
        assert gateway.control.acks(uin=account) == {(uin, 0): 1 for uin in people}
    assert _kills(stack)


def _are_answered(gateway: GatewaySimulator, accounts: list[int], count: int) -> bool:
    """Ask the gateway: a command would cost a process, and the stack needs the processor."""
    return all(len(gateway.control.acks(uin=account)) == count for account in accounts)


def _kills(stack: RunningStack) -> int:
    return stack.logs().count("failpoint after_task_")


def _accepted(stack: RunningStack) -> int:
    said = stack.manage("friends", "requests", "--state", "accepted", "--json").stdout
    return len(json.loads(said)["items"])

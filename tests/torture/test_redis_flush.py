"""Redis is flushed while the stack runs: the periodic tasks go on without a restart."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import redis

from qqcampaign.environment import socket_path
from qqhttp.simulator import GatewaySimulator
from qqhttp.simulator.population import FIRST_ACCOUNT, FIRST_FRIEND
from tests.running_stack import RunningStack

pytestmark = [pytest.mark.stack, pytest.mark.one_database, pytest.mark.exhaustive]


@pytest.mark.timeout(300)
def test_what_is_started_after_a_flush_is_sent(
    stack: RunningStack, gateway: GatewaySimulator, tmp_path: Path
) -> None:
    accounts, people = tmp_path / "accounts.csv", tmp_path / "people.csv"
    with accounts.open("w") as file:
        uins = range(FIRST_ACCOUNT, FIRST_ACCOUNT + 2)
        rows = [("uin", "password", "min_interval"), *((u, f"pw-{u}", 0.05) for u in uins)]
        csv.writer(file).writerows(rows)
    with people.open("w") as file:
        csv.writer(file).writerows([("uin",), *((FIRST_FRIEND + n,) for n in range(40))])
    stack.manage("import_accounts", str(accounts))
    stack.manage("import_contacts", str(people), "--list", "all")
    stack.manage("campaign", "create", "spring", "--list", "all", "--text", "hi")
    # From here on only the stack itself uses Redis. The flush removed every queue and binding that
    # the parts declared at their start.
    with redis.Redis(unix_socket_path=str(socket_path(stack.home))) as client:
        client.flushall()
    make_run_without_wake_up = (
        "from campaigns.models import Campaign;"
        "from campaigns.run_control.new_run import make_run;"
        "from sending.runs.transitions import change_run_state;"
        "run = make_run(Campaign.objects.get(), starts_at=None);"
        "change_run_state(run_id=run.pk, to='preparing')"
    )
    stack.manage("shell", "-c", make_run_without_wake_up)
    stack.wait_until(
        lambda: gateway.control.figures().arrived == 40, what="forty messages", seconds=60
    )

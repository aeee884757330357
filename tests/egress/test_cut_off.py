"""A host loses the network while it sends and gets it back, with real addresses and links."""

from __future__ import annotations

import contextlib
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from accounts.models import Worker
from qqhttp.simulator import GatewaySimulator
from qqhttp.simulator.population import password_of, populate
from qqhttp.transport import UNACKNOWLEDGED_SECONDS
from tests.egress.another_database import another_database
from tests.egress.fleet import Fleet, assert_exact, is_over, last_attempt, sent, sent_since, where
from tests.egress.network import NET, Host, network, why_impossible
from tests.egress.servers import EVERYWHERE, postgresql_on_the_network, redis_on_the_network
from tests.running_stack import ROOT

pytestmark = [
    pytest.mark.stack,
    pytest.mark.postgresql,
    pytest.mark.one_database,  # always PostgreSQL, because the hosts share a server
    pytest.mark.timeout(240),
    pytest.mark.exhaustive,
]

FRIENDS, GAP = 35, 0.2
TAKEN_OVER_WITHIN = 60.0


@pytest.fixture
def gateway() -> Iterator[GatewaySimulator]:
    """A gateway that the hosts can reach."""
    with GatewaySimulator(accounts=6, friends=FRIENDS, hosts=(EVERYWHERE,)) as simulator:
        yield simulator


@pytest.fixture
def hosts() -> Iterator[list[Host]]:
    """Two simulated hosts."""
    why = why_impossible()
    if why:
        pytest.skip(why)
    with network(2) as made:
        yield made


@pytest.fixture
def fleet(
    tmp_path: Path, gateway: GatewaySimulator, hosts: list[Host], django_db_blocker: Any
) -> Iterator[Fleet]:
    """A fleet with servers on this machine; its workers can run on the hosts."""
    with contextlib.ExitStack() as running:
        port = running.enter_context(postgresql_on_the_network(f"{NET}.0/24"))
        redis = running.enter_context(redis_on_the_network(tmp_path))
        running.enter_context(django_db_blocker.unblock())
        # Built from the settings, so that the product's own limits in OPTIONS apply.
        running.enter_context(
            another_database(f"postgres://postgres@{hosts[-1].router}:{port}/postgres")
        )
        made = Fleet(
            tmp_path,
            database_url=f"postgres://postgres@{hosts[-1].router}:{port}/postgres",
            redis_url=f"redis://{hosts[-1].router}:{redis}/0",
            gateway_url=f"http://{hosts[-1].router}:{gateway.port}",
        )
        running.callback(made.end_at_once)
        made.start_clock()
        yield made


def _start(fleet: Fleet, name: str, host: Host) -> None:
    fleet.start_worker(name, into=host.into)


def test_a_host_that_is_cut_off_sends_nothing_and_comes_back_as_a_new_worker(
    fleet: Fleet, gateway: GatewaySimulator, hosts: list[Host]
) -> None:
    lost, other = hosts
    accounts = fleet.make_people(populate(gateway.settings), gap=GAP)
    fleet.pin(accounts[:1], "lost")
    _start(fleet, "lost", lost)
    _start(fleet, "other", other)
    fleet.wait_for_workers("lost", "other")
    run = fleet.start_run()
    fleet.wait_until(lambda: sent(run) > 30, what="the first messages")
    addresses = {row["address"] for row in gateway.control.accounts() if row["is_online"]}
    assert addresses == {lost.address, other.address}
    before = Worker.objects.get(egress__name="lost")

    lost.cut_off()
    seen, free = last_attempt(), accounts[1:]
    took = fleet.wait_until(
        lambda: where(free) == {"other"} and len(sent_since(seen, free)) == len(free),
        what="everybody sends from the other host",
        seconds=TAKEN_OVER_WITHIN,
    )
    print(f"taken over within {took:.1f} s")
    before.refresh_from_db()
    assert before.end_reason == "no heartbeat for too long"
    assert not _held_by_a_dead_host(lost), "the server let go of what the dead host held"

    lost.bring_back()
    took = fleet.wait_until(
        lambda: Worker.objects.living().filter(egress__name="lost").exists(),
        what="the host starts over as a new worker",
    )
    print(f"back within {took:.1f} s")
    took += fleet.wait_until(lambda: sent_since(seen, accounts[:1]), what="it takes part again")
    print(f"sends again within {took:.1f} s")
    fleet.wait_until(lambda: is_over(run), what="the end of the run")
    assert_exact(run, gateway.control, people=6 * FRIENDS)
    assert set(gateway.control.figures().results["CLTMSG"]) == {"0"}, "nothing of the old was sent"


def test_a_request_that_a_broken_link_holds_back_never_arrives(
    gateway: GatewaySimulator, hosts: list[Host]
) -> None:
    """The kernel drops it: when the link is back, another worker may use the account."""
    host, _ = hosts
    uin, person = next(iter(populate(gateway.settings).items()))
    url = f"http://{host.router}:{gateway.port}"
    with subprocess.Popen(
        [
            *(*host.into, sys.executable, "-m", "tests.egress.send_one_message"),
            *(url, str(uin), password_of(uin), str(next(iter(person.friends)))),
        ],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as client:  # fmt: skip
        try:
            assert client.stdin is not None
            assert client.stdout is not None
            assert client.stdout.readline() == "ready\n"
            host.cut_off()
            client.stdin.write("\n")
            client.stdin.flush()
            is_over, _, _ = select.select([client.stdout], [], [], 4 * UNACKNOWLEDGED_SECONDS)
            host.bring_back()
            assert is_over, "it still waits, and what it sent may still arrive"
            assert client.stdout.readline().strip() in {"reset", "timeout"}
        finally:
            client.kill()
    assert "CLTMSG" not in gateway.control.figures().requests


def _held_by_a_dead_host(host: Host) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT state, query FROM pg_stat_activity "
            "WHERE client_addr = %s AND state LIKE 'idle in transaction%%'",
            [host.address],
        )
        return list(cursor.fetchall())

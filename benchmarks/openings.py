"""Many accounts that begin to send at once: how long until all do, and the CPU of each opening.

No account has a session or a lane before the run starts. The gap is so long that an account sends
one message while the others open, so nearly all that is measured is the opening: the wake-up, the
lease, the login, the session, the first deliveries and the first mark.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from typing import Any

from django.db import connection

from benchmarks.fixtures import engine_worker, make_accounts, make_campaign, make_list, start
from benchmarks.processes import Watch, resident_kb
from qqhttp.simulator import SimulatorProcess
from sending.reconcile import reconcile

#: The share of the accounts that the second figure of time is about.
NEARLY_ALL = 0.99


def main(arguments: Sequence[str]) -> dict[str, Any]:
    """Start a run for all accounts, and wait until each has sent a message."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lanes", type=int, default=1000)
    parser.add_argument("--gap", type=float, default=10.0)
    parser.add_argument("--friends", type=int, default=8)
    parser.add_argument("--within", type=float, default=300.0)
    given = parser.parse_args(arguments)
    with SimulatorProcess(
        accounts=given.lanes, friends=given.friends, min_interval=given.gap
    ) as gateway:
        make_accounts(count=given.lanes, friends=given.friends, min_interval=given.gap)
        people = make_list(people=given.friends * given.lanes)
        with engine_worker(
            gateway=gateway.url, lanes=given.lanes + 20, has_login_turns=True
        ) as worker:
            empty, transactions = resident_kb(worker), _transactions()
            watch = Watch(worker)
            start(make_campaign(people=people, name="openings"))
            began = time.monotonic()
            nearly_all = _wait_for_lanes(gateway, given.lanes, given.within, began)
            seconds = time.monotonic() - began
            cpu, database = watch.own(), watch.postgresql()
            return {
                "lanes": given.lanes,
                "all_sending_after": round(seconds, 1),
                "nearly_all_after": round(nearly_all, 1),
                "cpu_ms": round(cpu / given.lanes * 1e3, 2),
                "database_cpu_ms": round(database / given.lanes * 1e3, 2),
                "transactions": round((_transactions() - transactions) / given.lanes, 2),
                "kb_a_lane": round((resident_kb(worker) - empty) / given.lanes, 1),
            }


def _wait_for_lanes(gateway: SimulatorProcess, lanes: int, seconds: float, began: float) -> float:
    """Wait until every account has sent; return after how many seconds nearly all had."""
    nearly_all, next_reconcile = 0.0, time.monotonic() + 5
    while (arrived := gateway.control.figures().arrived) < lanes:
        now = time.monotonic()
        if not nearly_all and arrived >= NEARLY_ALL * lanes:
            nearly_all = now - began
        if now > began + seconds:
            raise SystemExit(f"{arrived} of {lanes} lanes have sent after {seconds:g} s.")
        if now > next_reconcile:
            next_reconcile = now + 5
            reconcile()
        time.sleep(0.25)
    return nearly_all or time.monotonic() - began


def _transactions() -> int:
    """Return the transactions of PostgreSQL so far; 0 on SQLite."""
    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
        )
        return int(cursor.fetchone()[0])

"""Many lanes on one machine: slots used, memory per lane, CPU per message.

Every account may send one message each `gap` seconds, and the simulator's minimum interval is the
same: a message that comes too soon is answered RES=3 and counted. With --too-fast every second
account has half that gap, and only the accounts that keep the limit are measured.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Sequence
from typing import Any

from accounts.models import Account
from benchmarks.fixtures import engine_worker, make_accounts, make_campaign, make_list, start
from benchmarks.processes import Watch, resident_kb
from qqhttp.simulator import SimulatorProcess
from sending.reconcile import reconcile

#: Short, so that the accounts that are too fast get many penalties.
PENALTY_SECONDS = 2.0


def main(arguments: Sequence[str]) -> dict[str, Any]:
    """Start all lanes, wait until each has sent a message, then measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lanes", type=int, default=100)
    parser.add_argument("--gap", type=float, default=1.0)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--start-within", type=float, default=120.0)
    parser.add_argument("--too-fast", action="store_true")
    given = parser.parse_args(arguments)
    friends = math.ceil((given.seconds + given.start_within) / given.gap * 1.1) + 5
    friends = min(friends, 500)
    with SimulatorProcess(
        accounts=given.lanes,
        friends=friends,
        min_interval=given.gap,
        penalty=PENALTY_SECONDS if given.too_fast else 20.0,
    ) as gateway:
        make_accounts(count=given.lanes, friends=friends, min_interval=given.gap)
        if given.too_fast:
            _make_every_second_too_fast(given.gap / 2)
        people = make_list(people=friends * given.lanes)
        with engine_worker(gateway=gateway.url, lanes=given.lanes + 20) as worker:
            empty = resident_kb(worker)
            started = time.monotonic()
            start(make_campaign(people=people, name="lanes"))
            planned = time.monotonic()
            _wait_for_lanes(gateway, given.lanes, given.start_within)
            all_sending_after = time.monotonic() - planned
            return {
                "lanes": given.lanes,
                "gap": given.gap,
                "planned_in": round(planned - started, 2),
                "all_sending_after": round(all_sending_after, 1),
                **_measure(gateway, worker, given.lanes, given.gap, given.seconds),
                "kb_a_lane": round((resident_kb(worker) - empty) / given.lanes, 1),
                "worker_mb": round(resident_kb(worker) / 1000, 1),
            }


def _make_every_second_too_fast(gap: float) -> None:
    ids = list(Account.objects.order_by("uin").values_list("pk", flat=True))
    Account.objects.filter(pk__in=ids[1::2]).update(min_interval=gap)


def _wait_for_lanes(gateway: SimulatorProcess, lanes: int, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    next_reconcile = time.monotonic() + 5
    while len({one.uin for one in gateway.control.iter_messages()}) < lanes:
        if time.monotonic() > deadline:
            raise SystemExit(f"Not all of {lanes} lanes send after {seconds:g} s.")
        if time.monotonic() > next_reconcile:
            next_reconcile = time.monotonic() + 5
            reconcile()
        time.sleep(0.5)


def _measure(
    gateway: SimulatorProcess, worker: int, lanes: int, gap: float, seconds: float
) -> dict[str, Any]:
    first = gateway.control.figures().arrived
    watch, begin = Watch(worker), time.time()
    while time.time() < begin + seconds:
        time.sleep(min(5.0, max(0.0, begin + seconds - time.time())))
        reconcile()
    cpu, database, end = watch.own(), watch.postgresql(), time.time()
    # Only accounts that keep the gateway's limit are measured: all, or every second one.
    by_account: dict[int, int] = {}
    total = 0
    for one in gateway.control.iter_messages():
        if one.number >= first and begin <= one.at < end:
            total += 1
            by_account[one.uin] = by_account.get(one.uin, 0) + 1
    too_fast = set(
        Account.objects.filter(min_interval__lt=gap - 1e-6).values_list("uin", flat=True)
    )
    measured = lanes - len(too_fast)
    sent = sum(n for uin, n in by_account.items() if uin not in too_fast)
    too_soon = gateway.control.too_soon(limit=100_000)
    return {
        "per_second": round(total / (end - begin), 1),
        "slots_used": round(sent * gap / (measured * (end - begin)), 4),
        "too_soon": sum(one.uin not in too_fast for one in too_soon),
        "too_soon_of_the_hurried": sum(one.uin in too_fast for one in too_soon),
        "cpu_us": round(cpu / max(1, total) * 1e6),
        "database_cpu_us": round(database / max(1, total) * 1e6),
        "cpu_share": round(cpu / (end - begin), 3),
    }

"""A long run: compares speed, CPU and memory of its last tenth with those of its first.

It is planned, sent without pace, and reported: `--messages 10000000` takes hours, and
`--seconds` bounds the sending.
"""

from __future__ import annotations

import argparse
import itertools
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.fixtures import (
    engine_worker,
    make_accounts,
    make_campaign,
    make_list,
    recorded,
    start,
    wait_for,
)
from benchmarks.many_rows_out import reports
from benchmarks.processes import cpu_seconds, postgresql_cpu_seconds, resident_kb
from benchmarks.throughput import arrival_time
from qqhttp.simulator import SimulatorProcess


@dataclass
class Sample:
    """The state of the worker at one moment.

    Attributes:
        arrived: messages so far.
        cpu: CPU seconds so far.
        kb: resident memory, in units of 1,000 bytes.
        database: CPU seconds of PostgreSQL so far; 0 on SQLite.
    """

    arrived: int
    cpu: float
    kb: float
    database: float


def main(arguments: Sequence[str]) -> dict[str, Any]:
    """Send a long run and take a sample of the worker twice a second."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=100)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=800, help="that sending may take")
    given = parser.parse_args(arguments)
    each = given.messages // given.accounts
    total = each * given.accounts
    samples: list[Sample] = []
    is_over = threading.Event()
    with SimulatorProcess(accounts=given.accounts, friends=each) as gateway:
        make_accounts(count=given.accounts, friends=each, min_interval=0.0)
        people = make_list(people=total)
        with engine_worker(gateway=gateway.url, lanes=given.accounts + 20) as worker:

            def sample() -> None:
                while not is_over.wait(0.5):
                    arrived = gateway.control.figures().arrived
                    kb, database = resident_kb(worker), postgresql_cpu_seconds()
                    samples.append(Sample(arrived, cpu_seconds(worker), kb, database))

            watcher = threading.Thread(target=sample, daemon=True)
            begin = time.perf_counter()
            run = start(make_campaign(people=people, name="endurance"))
            planned = time.perf_counter() - begin
            watcher.start()
            try:
                wait_for(run, seconds=given.seconds)
            finally:
                is_over.set()
                watcher.join()
            marks = [arrival_time(gateway, min(total - 1, n * total // 10)) for n in range(11)]
            said = recorded(run)
            assert set(said.values()) == {total}, said
    reported = reports()
    rates = [total / 10 / (b - a) for a, b in itertools.pairwise(marks)]
    tenths = [_tenth(samples, n, total) for n in range(10)]
    return {
        "messages": total,
        "planned_seconds": round(planned, 1),
        "reports": reported,
        "per_second": [round(rate, 1) for rate in rates],
        "cpu_us": [tenth[0] for tenth in tenths],
        "database_us": [tenth[2] for tenth in tenths],
        "mb": [tenth[1] for tenth in tenths],
        "last_to_first_rate": round(rates[-1] / rates[0], 3),
        "last_to_first_cpu": round(tenths[-1][0] / max(1, tenths[0][0]), 3),
        "last_to_first_mb": round(tenths[-1][1] / max(0.1, tenths[0][1]), 3),
    }


def _tenth(samples: list[Sample], number: int, total: int) -> tuple[int, float, int]:
    """Return a tenth's CPU in µs per message, its memory in MB, and the database's CPU."""
    low, high = number * total / 10, (number + 1) * total / 10
    inside = [one for one in samples if low <= one.arrived <= high and one.arrived < total]
    if len(inside) < 2 or inside[-1].arrived == inside[0].arrived:
        return 0, inside[-1].kb / 1000 if inside else 0.0, 0
    first, last = inside[0], inside[-1]
    messages = last.arrived - first.arrived
    cpu = (last.cpu - first.cpu) / messages
    database = (last.database - first.database) / messages
    return round(cpu * 1e6), round(last.kb / 1000, 1), round(database * 1e6)

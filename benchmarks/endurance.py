"""A long run: compares speed, CPU and memory of its last tenth with those of its first."""

from __future__ import annotations

import argparse
import itertools
import threading
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
from benchmarks.processes import cpu_seconds, resident_kb
from benchmarks.throughput import arrival_time
from qqhttp.simulator import SimulatorProcess


@dataclass
class Sample:
    """The state of the worker at one moment.

    Attributes:
        arrived: messages so far.
        cpu: CPU seconds so far.
        kb: resident memory, in units of 1,000 bytes.
    """

    arrived: int
    cpu: float
    kb: float


def main(arguments: Sequence[str]) -> dict[str, Any]:
    """Send a long run and take a sample of the worker twice a second."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=100)
    parser.add_argument("--messages", type=int, default=100_000)
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
                    samples.append(Sample(arrived, cpu_seconds(worker), resident_kb(worker)))

            watcher = threading.Thread(target=sample, daemon=True)
            run = start(make_campaign(people=people, name="endurance"))
            watcher.start()
            try:
                wait_for(run, seconds=800)
            finally:
                is_over.set()
                watcher.join()
            marks = [arrival_time(gateway, min(total - 1, n * total // 10)) for n in range(11)]
            said = recorded(run)
            assert set(said.values()) == {total}, said
    rates = [total / 10 / (b - a) for a, b in itertools.pairwise(marks)]
    tenths = [_tenth(samples, n, total) for n in range(10)]
    return {
        "messages": total,
        "per_second": [round(rate, 1) for rate in rates],
        "cpu_us": [tenth[0] for tenth in tenths],
        "mb": [tenth[1] for tenth in tenths],
        "last_to_first_rate": round(rates[-1] / rates[0], 3),
        "last_to_first_cpu": round(tenths[-1][0] / max(1, tenths[0][0]), 3),
        "last_to_first_mb": round(tenths[-1][1] / max(0.1, tenths[0][1]), 3),
    }


def _tenth(samples: list[Sample], number: int, total: int) -> tuple[int, float]:
    """Return a tenth's CPU in microseconds per message and its memory in MB."""
    low, high = number * total / 10, (number + 1) * total / 10
    inside = [one for one in samples if low <= one.arrived <= high and one.arrived < total]
    if len(inside) < 2 or inside[-1].arrived == inside[0].arrived:
        return 0, inside[-1].kb / 1000 if inside else 0.0
    first, last = inside[0], inside[-1]
    cpu = (last.cpu - first.cpu) / (last.arrived - first.arrived)
    return round(cpu * 1e6), round(last.kb / 1000, 1)

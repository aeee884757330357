"""One, two and, where there are cores, four workers of one egress on one host.

Each worker is a process of its own and uses one core for its lanes. With more workers than cores
the rate cannot rise; the figure then shows that a second worker does no harm. Each number of
workers sends the same messages in turn, against the same gateway.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any

from benchmarks.fixtures import engine_workers, make_accounts, make_list
from benchmarks.throughput import Comparison, Measured, ratio, summary
from qqhttp.simulator import SimulatorProcess

#: From so many cores on, four workers are measured too: gateway and database need some as well.
CORES_FOR_FOUR = 6


def main(arguments: Sequence[str]) -> dict[str, Any]:
    """Send the same run with each number of workers, in turns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=100)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args(arguments)
    numbers = (1, 2, 4) if (os.cpu_count() or 1) >= CORES_FOR_FOUR else (1, 2)
    each = given.messages // given.accounts
    turns: dict[int, list[Measured]] = {number: [] for number in numbers}
    with SimulatorProcess(accounts=given.accounts, friends=each) as gateway:
        make_accounts(count=given.accounts, friends=each, min_interval=0.0)
        people = make_list(people=each * given.accounts)
        comparison = Comparison(gateway, people, accounts=given.accounts, messages=given.messages)
        for _repeat in range(given.repeats):
            for number in numbers:
                lanes = given.accounts + 20  # each could take all
                with engine_workers(gateway=gateway.url, lanes=lanes, number=number) as workers:
                    if not turns[1]:
                        comparison.engine(worker=workers[0])  # logs in, warms up
                    turns[number].append(comparison.engine(worker=workers[0], others=workers[1:]))
                    print(number, turns[number][-1], file=sys.stderr, flush=True)
    return {
        "workers": {str(number): summary(turns[number]) for number in numbers},
        "to_one": {str(number): ratio(turns[number], turns[1]) for number in numbers[1:]},
        "accounts": given.accounts,
    }

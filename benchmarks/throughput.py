"""The engine against a bare `requests` loop, Kannel, and one Celery task a message.

All contenders take turns in one run, against the same simulator and with the same number of
messages in flight. The time is that from the gateway's first message to its last.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.baseline_task.publishing import baseline_worker, publish
from benchmarks.fixtures import (
    engine_worker,
    make_accounts,
    make_campaign,
    make_list,
    plan_only,
    recorded,
    start,
    wait_for,
)
from benchmarks.kannel import Kannel, Message, is_installed
from benchmarks.processes import Watch, wait_until
from contacts.models import ContactList
from qqhttp.simulator import SimulatorProcess
from qqhttp.simulator.population import FIRST_ACCOUNT, FIRST_FRIEND

PERSONAL = "{{ name }}，你好 100% & more = fine + hi"


@dataclass
class Measured:
    """The result of one contender's turn.

    Attributes:
        messages: how many were sent.
        rate: messages per second, by the gateway's record.
        cpu: CPU seconds of the sending process.
        database_cpu: CPU seconds of PostgreSQL.
        gateway_cpu: CPU seconds of the simulator.
    """

    messages: int
    rate: float
    cpu: float
    database_cpu: float
    gateway_cpu: float


class Comparison:
    """The contenders, and the gateway, accounts and people that they share."""

    def __init__(
        self, gateway: SimulatorProcess, people: ContactList, *, accounts: int, messages: int
    ) -> None:
        self.gateway = gateway
        self.people = people
        self.accounts = accounts
        self.each = messages // accounts
        self.messages = self.each * accounts
        self._number = 0

    def bare(self, *, is_closing: bool) -> Measured:
        """Send with the bare loop."""
        self.gateway.control.reset()
        simulator = Watch(self.gateway.pid)
        done = subprocess.run(
            [
                *(sys.executable, "-m", "benchmarks.bare_loop", self.gateway.url),
                *("--accounts", str(self.accounts), "--messages", str(self.each)),
                *(("--close",) if is_closing else ()),
            ],
            capture_output=True,
            text=True,
            timeout=300,
            check=True,
        )
        said = json.loads(done.stdout)
        assert said["accepted"] == self.messages, said
        return self._measured(float(said["cpu_seconds"]), 0.0, simulator.own())

    def engine(
        self, *, worker: int, others: Sequence[int] = (), text: str | None = None
    ) -> Measured:
        """Send a new run with the engine: with this worker, and these others of its egress."""
        self.gateway.control.reset()
        self._number += 1
        name = f"run {self._number}"
        campaign = make_campaign(people=self.people, name=name, **({"text": text} if text else {}))
        simulator = Watch(self.gateway.pid)
        run = start(campaign)
        watch = Watch(worker, *others)
        wait_for(run, seconds=300)
        measured = self._measured(watch.own(), watch.postgresql(), simulator.own())
        said = recorded(run)
        assert set(said.values()) == {self.messages}, said
        return measured

    def kannel(self) -> Measured:
        """Send with Kannel what its spool holds."""
        first_seq = int(time.time()) + 20_000_000  # above what the bare loop has used
        with tempfile.TemporaryDirectory(prefix="qqb-kannel-") as name:
            kannel = Kannel(Path(name))
            kannel.fill(
                Message(FIRST_ACCOUNT + n // self.each, FIRST_FRIEND + n, first_seq + n)
                for n in range(self.messages)
            )
            self.gateway.control.reset()
            simulator = Watch(self.gateway.pid)
            with kannel.draining(self.gateway.url) as watch:
                wait_until(
                    lambda: self.gateway.control.figures().arrived >= self.messages,
                    what="Kannel's messages",
                    seconds=120,
                )
                cpu = watch.own()
        return self._measured(cpu, 0.0, simulator.own())

    def tasks(self, *, messages: int) -> Measured:
        """Send a run's deliveries with one Celery task per message."""
        self.gateway.control.reset()
        self._number += 1
        run = plan_only(make_campaign(people=self.people, name=f"tasks {self._number}"))
        publisher = time.process_time()
        simulator = Watch(self.gateway.pid)
        published = publish(run_id=run.pk, limit=messages)
        publisher_cpu = time.process_time() - publisher
        with baseline_worker(gateway=self.gateway.url, concurrency=self.accounts) as worker:
            watch = Watch(worker)
            deadline = time.monotonic() + 300
            while (
                self.gateway.control.figures().arrived < published and time.monotonic() < deadline
            ):
                time.sleep(0.25)
            time.sleep(0.5)
            cpu, database = watch.own(), watch.postgresql()
        run.deliveries.filter(state="pending").update(state="cancelled")
        return self._measured(cpu + publisher_cpu, database, simulator.own(), messages=published)

    def _measured(
        self, cpu: float, database: float, simulator: float, *, messages: int | None = None
    ) -> Measured:
        messages = messages or self.messages
        figures = self.gateway.control.figures()
        assert (figures.arrived, figures.twice) == (messages, 0), figures
        seconds = arrival_time(self.gateway, messages - 1) - arrival_time(self.gateway, 0)
        return Measured(messages, messages / seconds, cpu, database, simulator)


def arrival_time(gateway: SimulatorProcess, number: int) -> float:
    """Return when the gateway received its n-th message, counted from 0."""
    page = gateway.control._ask("GET", "messages", {"offset": number, "limit": 1})
    return float(page["messages"][0]["at"])


def summary(turns: list[Measured]) -> dict[str, float]:
    """Return the median of the turns; CPU in microseconds per message."""
    return {
        "messages": turns[0].messages,
        "per_second": round(median(turn.rate for turn in turns), 1),
        "cpu_us": round(median(turn.cpu / turn.messages for turn in turns) * 1e6),
        "database_cpu_us": round(median(turn.database_cpu / turn.messages for turn in turns) * 1e6),
        "gateway_cpu_us": round(median(turn.gateway_cpu / turn.messages for turn in turns) * 1e6),
    }


def ratio(ours: list[Measured], theirs: list[Measured]) -> float:
    """Return the median of the ratios of neighbouring turns."""
    return round(median(a.rate / b.rate for a, b in zip(ours, theirs, strict=True)), 3)


def main(arguments: Sequence[str]) -> dict[str, Any]:
    """Run the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=100)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--task-messages", type=int, default=3_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", default="")
    given = parser.parse_args(arguments)
    wanted = set(given.only.split(",")) - {""}
    each = given.messages // given.accounts
    turns: dict[str, list[Measured]] = {}
    with SimulatorProcess(accounts=given.accounts, friends=each, is_get_taken=True) as gateway:
        make_accounts(count=given.accounts, friends=each, min_interval=0.0)
        people = make_list(people=each * given.accounts)
        comparison = Comparison(gateway, people, accounts=given.accounts, messages=given.messages)
        contenders: dict[str, Callable[[Any], Any]] = {
            "bare": lambda _worker: comparison.bare(is_closing=False),
            "bare_closing": lambda _worker: comparison.bare(is_closing=True),
            "engine": lambda worker: comparison.engine(worker=worker),
            "engine_personal": lambda worker: comparison.engine(worker=worker, text=PERSONAL),
            "tasks": lambda _worker: comparison.tasks(messages=given.task_messages),
        }
        if is_installed():
            contenders["kannel"] = lambda _worker: comparison.kannel()
        else:
            print("Kannel is not installed: it is left out.", file=sys.stderr)
        with engine_worker(gateway=gateway.url, lanes=given.accounts + 20) as worker:
            comparison.engine(worker=worker)  # logs in, warms up
            for _repeat in range(given.repeats):
                for name, contender in contenders.items():
                    if not wanted or name in wanted:
                        turns.setdefault(name, []).append(contender(worker))
                        print(name, turns[name][-1], file=sys.stderr, flush=True)
    result: dict[str, Any] = {name: summary(list_) for name, list_ in turns.items()}
    if "engine" in turns:
        result["ratios"] = {
            name: ratio(turns["engine"], other) for name, other in turns.items() if name != "engine"
        }
    result["database"] = "postgresql" if os.environ.get("BENCH_POSTMASTER") else "sqlite"
    return result

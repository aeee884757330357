"""One torture: random kills of the real stack while runs go on through a failing gateway."""

from __future__ import annotations

import contextlib
import csv
import random
import re
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qqhttp.simulator import SimulatorProcess
from qqhttp.simulator.control_client import SimulatorControl
from qqhttp.simulator.population import FIRST_ACCOUNT, FIRST_FRIEND
from tests.running_stack import RunningStack
from tests.torture import host_clocks
from tests.torture.django_process import DjangoProcess
from tests.torture.host_clocks import HostClock, HostClocks
from tests.torture.kills import Killer
from tests.torture.postgresql import KillablePostgresql, killable_postgresql
from tests.torture.transient_faults import TransientFaults
from tests.torture.verdict import Verdict, compare

#: The gateway's minimum interval and the accounts' gap are equal: every RES=3 is a violation.
GAP = 0.25
PENALTY = 0.5
#: Faults in a few of the gateway's answers. Latencies stay well below the read timeout: a repeat
#: must not arrive while its first request is still being processed.
FAULTS = (
    *("empty:before,command=CLTMSG,p=0.01", "empty:after,command=CLTMSG,p=0.01"),
    *("reset:before,command=CLTMSG,p=0.01", "reset:after,command=CLTMSG,p=0.01"),
    *("http:before,command=CLTMSG,p=0.005", "http:after,command=CLTMSG,status=503,p=0.005"),
    *("hang:before,command=CLTMSG,p=0.002", "hang:after,command=CLTMSG,p=0.002"),
    *("close,command=CLTMSG,p=0.01", "lie,command=CLTMSG,p=0.01"),
    *("latency:before,seconds=0.05,jitter=0.2,p=0.05", "latency:after,jitter=0.2,p=0.05"),
    *("empty:after,command=Login,p=0.02", "reset:before,command=List,p=0.02"),
)
#: Probabilities per message: a failpoint is hit every few hundred messages.
FAILPOINTS = (
    "after_claim=0.02,after_mark=0.003,after_leases=0.1,after_login=0.02",
    "after_request_left=0.004,in_hand_over=0.05",
    "after_reply=0.004",
    "in_commit=0.006,after_commit=0.01",
    "after_mark=0.001,after_request_left=0.001,after_reply=0.001,in_commit=0.002",
    "",
)
#: A run is planned only once, so these probabilities are high.
PLANNERS_FAILPOINTS = "in_chunk=0.5,in_planning=0.5"
STRANGERS, SUPPRESSED = 20, 10
START_TRIES = 3
#: Messages between two rounds of kills, how long they are waited for (seconds), and the number of
#: parts killed in one round.
MESSAGES_BETWEEN, MESSAGE_SECONDS = (3, 10, 30, 100), 20.0
AT_ONCE = (1, 1, 2, 3)
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "qqcampaign.settings",
    "QQ_READ_TIMEOUT": "2",
    "QQ_CONNECT_TIMEOUT": "1",
    "QQ_BREAKER_RUN": "100000",
}


@dataclass(frozen=True)
class Plan:
    """The size of a torture.

    Attributes:
        database: "sqlite" or "postgresql".
        kills: the least number of kills, failpoints included.
        seconds: no kills are made after so long, even if there were fewer.
        accounts, friends: the gateway's people.
        seed: of all random choices.
        fault_probability: of a transient fault before each round of kills.
    """

    database: str
    kills: int
    seconds: float
    accounts: int = 30
    friends: int = 80
    seed: int = 1
    fault_probability: float = 0.0


class Torture:
    """One torture. Use `torture()`, which makes it and ends what it started."""

    def __init__(
        self, plan: Plan, *, folder: Path, gateway: SimulatorProcess,
        postgresql: KillablePostgresql | None, clock: HostClock | None, log: Any,
    ) -> None:  # fmt: skip
        self.plan = plan
        self.gateway = gateway
        self.log = log
        self.rng = random.Random(plan.seed)
        self.folder = folder
        self.stack = RunningStack(folder / "home", env=ENVIRONMENT)
        self.stack.env["QQ_GATEWAY_URL"] = gateway.url
        if postgresql is not None:
            self.stack.env["DATABASE_URL"] = postgresql.url
        self.killer = Killer(
            stack=self.stack, postgresql=postgresql, start_again=self.start, rng=self.rng
        )
        if clock is not None:
            self.stack.env |= clock.env
        self._second_django = DjangoProcess(folder, env=self.stack.env, name="second_django")
        self.transient_faults = TransientFaults(
            stack=self.stack, control=SimulatorControl(gateway.url), faults=FAULTS,
            postgresql=postgresql, clock=clock, django=self._second_django, rng=self.rng,
        )  # fmt: skip
        self.texts: dict[str, str] = {}
        self._django = DjangoProcess(folder, env=self.stack.env)
        #: Deaths by failpoints that were counted, by process and failpoint.
        self._failpoint_deaths: Counter[tuple[str, str]] = Counter()
        self.people = self._write_people()

    # --- the parts -----------------------------------------------------------------------------

    def start(self, failpoints: str | None = None) -> None:
        """Start the stack; without `failpoints` they are chosen at random."""
        chosen = self.rng.choice(FAILPOINTS) if failpoints is None else failpoints
        for attempt in range(START_TRIES):
            # Without failpoints from the second try on: one may have been hit during the start.
            given = "" if attempt else f"{PLANNERS_FAILPOINTS},{chosen}"
            self.stack.env["QQCAMPAIGN_FAILPOINTS"] = given
            try:
                self.stack.start()
            except AssertionError:  # it ended, or the machine was too busy
                self.stack.end_at_once()
                if attempt + 1 == START_TRIES:
                    raise
            else:
                return

    def call(self, order: str, /, **arguments: Any) -> Any:
        """Run one of the `django_commands`."""
        return self._django.call(order, **arguments)

    def end(self) -> None:
        """End everything that was started."""
        self.transient_faults.end()
        self._django.end()
        self._second_django.end()
        self.stack.end_at_once()

    def _write_people(self) -> dict[int, str]:
        """Write the import files; return the people who must get every message: UIN -> name."""
        accounts = range(FIRST_ACCOUNT, FIRST_ACCOUNT + self.plan.accounts)
        own = (
            self.plan.friends - self.plan.friends // 2
        )  # the other half is shared with a neighbour
        count = own * (self.plan.accounts - 1) + self.plan.friends
        uins = range(FIRST_FRIEND, FIRST_FRIEND + count + STRANGERS)
        names = {uin: f"人 & {uin}" for uin in uins}
        _write(
            self.folder / "accounts.csv",
            [("uin", "password", "min_interval"), *((u, f"pw-{u}", GAP) for u in accounts)],
        )
        _write(self.folder / "people.csv", [("uin", "name"), *names.items()])
        self.suppressed = list(uins[:SUPPRESSED])
        return {uin: names[uin] for uin in uins[SUPPRESSED:-STRANGERS]}

    # --- the run ----------------------------------------------------------------------------

    def run(self) -> Verdict:
        """Import, kill parts at random, let the stack recover, and return the verdict."""
        self.start("")
        refused = self.call(
            "fill",
            accounts=str(self.folder / "accounts.csv"),
            contacts=str(self.folder / "people.csv"),
            suppressed=self.suppressed,
        )
        assert not refused, refused
        self._kill_parts(ends_at=time.monotonic() + self.plan.seconds)
        self._recover()
        return compare(
            final_state=self.call("final_state"),
            people=self.people,
            texts=self.texts,
            messages=self.gateway.control.messages(),
            figures=self.gateway.control.figures(),
            strangers=STRANGERS,
            suppressed=SUPPRESSED,
        )

    def _kill_parts(self, *, ends_at: float) -> None:
        self.gateway.control.set_faults(*FAULTS)
        while self.killer.kills.total() < self.plan.kills and time.monotonic() < ends_at:
            self._ensure_active_run()
            # Wait for some messages first: else parts would be killed that have not come up yet.
            self._wait_for_messages(self.rng.choice(MESSAGES_BETWEEN), seconds=MESSAGE_SECONDS)
            self._disturb()
            if self.rng.random() < self.plan.fault_probability and (
                made := self.transient_faults.start_one()
            ):
                self.log(f"     {made}")
            killed = [self.killer.kill_something() for _ in range(self.rng.choice(AT_ONCE))]
            self._count_failpoints()
            names = ", ".join(name for name in killed if name is not None)
            arrived = self.gateway.control.figures().arrived
            self.log(f"{self.killer.kills.total():4d} kills, {arrived:6d} arrived  {names}")

    def _ensure_active_run(self) -> None:
        """Start a run if none is active."""
        if self.call("active"):
            return
        name = f"run {len(self.texts)}"
        # Every second text is personal; all contain a lowercase h, an & and a %.
        who = "" if len(self.texts) % 2 else " {{ name }}"
        self.texts[name] = f"{name}:{who} 你好 = 100% hello & welcome"
        self.call("start", name=name, text=self.texts[name])

    def _disturb(self) -> None:
        """Take the gateway offline, end its sessions, pause or resume runs, each at random."""
        chance = self.rng.random()
        if chance < 0.08:
            self.gateway.control.go_offline(seconds=self.rng.uniform(0.2, 2.0))
        elif chance < 0.14:
            self.gateway.control.clear_sessions()
        elif chance < 0.2:
            for name in self.call("active"):
                self.call("pause", name=name)
            self._wait_for_messages(5, seconds=1.0)
        if self.rng.random() < 0.5:
            self.call("resume_paused")

    def _recover(self) -> None:
        """End the faults and wait until no run or delivery is open."""
        self.transient_faults.end()
        self.gateway.control.set_faults()
        self.gateway.control.come_online()
        self.killer.stack.end_at_once()
        self._count_failpoints()
        self.start("")
        self.call("resume_paused")
        deadline = time.monotonic() + 180
        while (left := self.call("unfinished"))["runs"] or left["deliveries"]:
            if time.monotonic() > deadline:
                self.log(f"still open after 180 s: {left}\n{self.stack.logs()}")
                return
            time.sleep(0.5)

    def _wait_for_messages(self, count: int, *, seconds: float) -> None:
        wanted = self.gateway.control.figures().arrived + count
        deadline = time.monotonic() + seconds
        while self.gateway.control.figures().arrived < wanted and time.monotonic() < deadline:
            time.sleep(0.05)

    def _count_failpoints(self) -> None:
        """Count the deaths by failpoints; each leaves a line in its process's log."""
        failpoint_deaths = Counter(
            (log.stem, name)
            for log in (self.stack.home / "logs").glob("*.log")
            for name in re.findall(r"^failpoint (\w+)$", log.read_text("utf-8", "replace"), re.M)
        )
        for process, name in (failpoint_deaths - self._failpoint_deaths).elements():
            self.killer.kills[f"failpoint {name}"] += 1
            if name != "after_commit":  # the worker itself went on
                self.killer.note_death(process)
        self._failpoint_deaths |= failpoint_deaths


@contextlib.contextmanager
def torture(plan: Plan, *, log: Any = print) -> Iterator[Torture]:
    """Yield a torture in a temporary folder, with its servers; end everything afterwards."""
    with contextlib.ExitStack() as parts:
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="qqt-")))
        gateway = parts.enter_context(
            SimulatorProcess(
                accounts=plan.accounts, friends=plan.friends, overlap=0.5,
                min_interval=GAP, penalty=PENALTY, seed=plan.seed,
            )
        )  # fmt: skip
        postgresql = clock = None
        if plan.fault_probability and not host_clocks.why_unavailable():
            clock = HostClocks(folder / "clocks").host("all")
            parts.enter_context(clock.set_in_environment())
        if plan.database == "postgresql":
            postgresql = parts.enter_context(killable_postgresql())
        one = Torture(
            plan, folder=folder, gateway=gateway, postgresql=postgresql, clock=clock, log=log
        )
        parts.callback(one.end)
        yield one


def counts_in_words(counts: Counter[str]) -> str:
    """Return the counts in words."""
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


def _write(path: Path, rows: Any) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)

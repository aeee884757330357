"""The stage of a scenario: the real stack, a gateway with a memory, and what did not hold."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from tests.black_box.behaviour import Behaviour
from tests.black_box.gateway import Gateway
from tests.black_box.history import (
    Findings,
    MessageRequest,
    ReportRow,
    Rules,
    check_history,
    report_rows,
)
from tests.black_box.operator_cli import Operator
from tests.black_box.population import Population, import_population, launch_campaign
from tests.running_stack import processes_of
from tests.torture.django_process import DjangoProcess
from tests.torture.host_clocks import HostClock
from tests.torture.postgresql import KillablePostgresql, killable_postgresql
from tests.torture.postgresql_proxy import PostgresqlProxy

TEXT = "你好 100% & more = fine + hi"
ENVIRONMENT = {
    "QQ_READ_TIMEOUT": "2",
    "QQ_CONNECT_TIMEOUT": "1",
    "QQCAMPAIGN_STOP_WITH_PARENT": "1",
}
#: What the owner's own connections to PostgreSQL are exempt from.
UNTROUBLED = (
    "-c default_transaction_read_only=off -c statement_timeout=0 -c lock_timeout=0"
    " -c idle_in_transaction_session_timeout=0 -c transaction_timeout=0"
    " -c default_transaction_isolation=read\\ committed"
)
NOTHING: Mapping[str, str] = {}


class ScenarioSkipped(Exception):
    """The scenario cannot be played on this machine; the sentence says why."""


class ScenarioFailed(Exception):
    """What is to be shown has failed already, and the rest makes no sense."""


class Harness:
    """What a scenario plays on. `open` first.

    Args:
        folder: for everything it writes.
        stays: what it starts is ended with this.
        database: "sqlite" or "postgresql", where the scenario does not care.
        is_long: whether real windows and long outages are wanted.
    """

    def __init__(
        self,
        folder: Path,
        exit_stack: ExitStack,
        *,
        database: str = "sqlite",
        is_long: bool = False,
    ) -> None:
        self.folder, self.database, self.is_long = folder, database, is_long
        self.exit_stack = exit_stack
        #: What did not hold, in words.
        self.failures: list[str] = []
        #: What is worth knowing besides.
        self.notes: list[str] = []
        self.population: Population
        self.gateway: Gateway
        self.operator: Operator
        self.django: DjangoProcess
        self.postgresql: KillablePostgresql | None = None
        self.proxy: PostgresqlProxy | None = None

    # --- setting it ----------------------------------------------------------------------------

    def open(
        self,
        population: Population,
        *,
        behaviour: Behaviour | None = None,
        database: str = "",
        is_proxied: bool = False,
        clock: HostClock | None = None,
        min_interval: float = 0.2,
        env: Mapping[str, str] = NOTHING,
    ) -> None:
        """Start the gateway and the stack, and import the world.

        Args:
            world: accounts and people.
            manners: the gateway's.
            database: "sqlite" or "postgresql"; by default the stage's.
            is_proxied: whether there is a proxy before the database.
            clock: the whole host's, the database's included.
            min_interval: of the accounts.
            env: of the stack.
        """
        self.prepare(population, behaviour=behaviour, database=database, is_proxied=is_proxied,
                     clock=clock, env=env)  # fmt: skip
        self.operator.up()
        import_population(self.operator, population, min_interval=min_interval)

    def prepare(
        self,
        population: Population,
        *,
        behaviour: Behaviour | None = None,
        database: str = "",
        is_proxied: bool = False,
        clock: HostClock | None = None,
        env: Mapping[str, str] = NOTHING,
    ) -> None:
        """Start the gateway and the database; the stack and the world are somebody else's."""
        self.population = population
        self.gateway = self.exit_stack.enter_context(population.gateway(behaviour))
        env = {**ENVIRONMENT, "QQ_GATEWAY_URL": self.gateway.url, **env}
        if clock is not None:
            env = {**env, **clock.env}
        if (database or self.database) == "postgresql":
            with clock.set_in_environment() if clock else ExitStack():
                self.postgresql = self.exit_stack.enter_context(killable_postgresql())
            url = self.postgresql.url
            if is_proxied:
                self.proxy = self.exit_stack.enter_context(PostgresqlProxy(self.postgresql.url))
                url = self.proxy.url
            env = {**env, "DATABASE_URL": url}
        self.operator = Operator(self.folder / "stack", env=env)
        self.operator.tolerates_tracebacks = True
        self.exit_stack.enter_context(self.operator)
        self.django = self.new_django_process("django")

    def new_django_process(self, name: str) -> DjangoProcess:
        """Return a clerk beside the stack."""
        folder = self.folder / name
        folder.mkdir()
        django = DjangoProcess(folder, env=self.operator.env)
        self.exit_stack.callback(django.end)
        return django

    def set_limits(self, uin: int, **columns: object) -> None:
        """Import one account again, with other limits."""
        file = self.operator.accounts_file({uin: self.population.passwords[uin]}, columns=columns)
        self.operator.ok("import_accounts", file)

    def campaign(self, name: str, *more: object, text: str = TEXT) -> str:
        """Start a campaign whose text nobody else's is; return its name."""
        launch_campaign(self.operator, name, f"{text} {name}", *more)
        return name

    # --- looking -------------------------------------------------------------------------------

    @property
    def history(self) -> list[MessageRequest]:
        """Every request for a message so far."""
        return list(self.gateway.traffic.message_requests)

    def expect(self, is_so: object, sentence: str) -> None:
        """Note what does not hold, and go on."""
        if not is_so:
            self.failures.append(sentence)

    def wait_until(self, is_so: Callable[[], object], *, seconds: float, what: str) -> None:
        """Wait for something without which the scenario cannot go on."""
        deadline = time.monotonic() + seconds
        while not is_so():
            if time.monotonic() > deadline:
                raise ScenarioFailed(f"{what}: not within {seconds:g} s")
            time.sleep(0.05)

    def wait_for_messages(self, count: int, *, seconds: float = 40.0) -> None:
        """Wait until so many messages more have arrived."""
        wanted = len(self.gateway.traffic.messages) + count
        self.wait_until(
            lambda: len(self.gateway.traffic.messages) >= wanted,
            seconds=seconds,
            what=f"{count} messages more",
        )

    def wait_for_finish(self, *, seconds: float) -> None:
        """Wait until no run is under way and nothing is open; what stays is noted."""
        deadline = time.monotonic() + seconds
        while (left := self.django.call("unfinished"))["runs"] or left["deliveries"]:
            if time.monotonic() > deadline:
                self.failures.append(
                    f"after {seconds:g} s still open: {left['deliveries']} of {left['runs']}"
                )
                return
            time.sleep(0.3)

    def report(self, name: str) -> list[dict[str, Any]]:
        """`campaign report --format json`: its rows."""
        file = self.folder / "report.json"
        self.operator.ok("campaign", "report", name, "--format", "json", "--out", file)
        rows: list[dict[str, Any]] = json.loads(file.read_bytes())
        return rows

    def check(
        self,
        *names: str,
        rules: Rules | None = None,
        are_all_sent: bool = True,
        are_unknown_faults: bool = True,
    ) -> Findings:
        """Let the whole history be judged; what does not hold is noted.

        Args:
            names: the campaigns.
            rules: what must hold; by default what always must.
            are_all_sent: whether every delivery that was not skipped must be sent.
            are_unknown_faults: whether none may be unknown.
        """
        report: list[ReportRow] = [row for name in names for row in report_rows(self.report(name))]
        found = check_history(self.history, rules=rules or Rules(), report=report)
        unknown = found.unknown
        if not are_unknown_faults:
            found.unknown = []
        self.failures += found.violations
        found.unknown = unknown
        if are_all_sent:
            counted: dict[str, int] = {}
            for row in report:
                counted[row.state] = counted.get(row.state, 0) + 1
            others = {k: n for k, n in counted.items() if k not in ("sent", "skipped", "unknown")}
            self.expect(not others, f"not sent: {others}")
        return found

    def expect_healthy_accounts(self) -> None:
        """Nobody is quarantined or disabled."""
        rows = self.operator.ok("accounts", "status")
        ill = [r["uin"] for r in rows if r["state"] in ("quarantined", "disabled")]
        reasons = sorted({r["reason"] for r in rows if r["uin"] in ill})
        self.expect(not ill, f"{len(ill)} of {len(rows)} accounts ended: {reasons}")

    # --- trouble -------------------------------------------------------------------------------

    def _owner(self) -> psycopg.Connection[Any]:
        """Connect to PostgreSQL as its owner, for whom none of its troubles hold."""
        assert self.postgresql is not None
        return psycopg.connect(self.postgresql.url, options=UNTROUBLED)

    def execute(self, *statements: str) -> None:
        """Say something to PostgreSQL as its owner."""
        with self._owner() as connection:
            connection.autocommit = True
            for statement in statements:
                connection.execute(statement.encode())

    def set_server(self, name: str, value: str | None) -> None:
        """Set a parameter of the whole server; None sets it back."""
        change = f"RESET {name}" if value is None else f"SET {name} = '{value}'"
        self.execute(f"ALTER SYSTEM {change}", "SELECT pg_reload_conf()")

    def end_connections(self) -> None:
        """End every connection to the server, as an administrator would."""
        self.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )

    @contextmanager
    def locked(self, table: str) -> Iterator[None]:
        """Hold a table against everybody."""
        with self._owner() as connection:
            connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE".encode())
            yield

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop every process of the stack, Redis too, as if the machine stood still."""
        pids = sorted(processes_of(self.operator.home))
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in reversed(pids):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    @contextmanager
    def pausing_and_resuming(self, name: str) -> Iterator[None]:
        """Pause and resume this campaign all the time."""
        django, is_over = self.new_django_process(f"storm {name}"), threading.Event()
        rng = random.Random(5)

        def blow() -> None:
            while not is_over.is_set():
                django.call("pause", name=name)
                is_over.wait(rng.uniform(0.2, 0.8))
                django.call("resume", name=name)
                is_over.wait(rng.uniform(0.2, 0.8))

        thread = threading.Thread(target=blow, daemon=True)
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join(30)

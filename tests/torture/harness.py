"""What a scenario uses: the real stack, the independent gateway, faults, checks and failures."""

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
from typing import Any, TypedDict, Unpack

import psycopg

from tests.black_box.behaviour import Behaviour
from tests.black_box.gateway import Gateway
from tests.black_box.history import (
    Findings,
    MessageRequest,
    Outcome,
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
from tests.torture.simulator_relay import SimulatorRelay

TEXT = "你好 100% & more = fine + hi"
ENVIRONMENT = {
    "QQ_READ_TIMEOUT": "2",
    "QQ_CONNECT_TIMEOUT": "1",
    "QQCAMPAIGN_STOP_WITH_PARENT": "1",
}
#: Settings of the harness's own connections, so that the faults do not affect them.
UNAFFECTED = (
    "-c default_transaction_read_only=off -c statement_timeout=0 -c lock_timeout=0"
    " -c idle_in_transaction_session_timeout=0 -c transaction_timeout=0"
    " -c default_transaction_isolation=read\\ committed"
)


class ScenarioSkipped(Exception):
    """The scenario cannot run on this machine; the message says why."""


class ScenarioFailed(Exception):
    """An expectation failed without which the scenario cannot go on."""


class ServerOptions(TypedDict, total=False):
    """Options of the servers that a scenario runs with.

    Attributes:
        behaviour: the gateway's.
        is_simulated: whether the gateway is the project's simulator, behind a relay.
        database: "sqlite" or "postgresql"; by default the harness's.
        is_proxied: whether the stack reaches PostgreSQL through a proxy.
        clock: the clock of the whole host, the database's included.
        env: more environment variables of the stack.
    """

    behaviour: Behaviour | None
    is_simulated: bool
    database: str
    is_proxied: bool
    clock: HostClock | None
    env: Mapping[str, str]


class Harness:
    """Runs the servers of one scenario and collects what failed. Call `start` first.

    Args:
        folder: holds everything it writes.
        exit_stack: ends what it starts.
        database: "sqlite" or "postgresql", for scenarios that need neither.
        is_long: whether to use real windows and long outages.
        scale: the size of a scenario that has one, 1.0 for the whole.
    """

    def __init__(
        self,
        folder: Path,
        exit_stack: ExitStack,
        *,
        database: str = "sqlite",
        is_long: bool = False,
        scale: float = 1.0,
    ) -> None:
        self.folder, self.database, self.is_long = folder, database, is_long
        self.scale = scale
        self.exit_stack = exit_stack
        #: The failed expectations, in words.
        self.failures: list[str] = []
        #: Further figures for the result's line.
        self.notes: list[str] = []
        self.population: Population
        self.gateway: Gateway
        self.operator: Operator
        self.django: DjangoProcess
        self.postgresql: KillablePostgresql | None = None
        self.proxy: PostgresqlProxy | None = None

    # --- starting -----------------------------------------------------------------------------

    def start(
        self,
        population: Population,
        *,
        min_interval: float = 0.2,
        **options: Unpack[ServerOptions],
    ) -> None:
        """Start the gateway, the database and the stack, and import the population.

        Args:
            population: accounts and people.
            min_interval: of the accounts, seconds.
            options: see `ServerOptions`.
        """
        self.start_servers(population, **options)
        self.operator.up()
        import_population(self.operator, population, min_interval=min_interval)

    def start_servers(self, population: Population, **options: Unpack[ServerOptions]) -> None:
        """Start the gateway and the database, but not the stack; import nothing."""
        self.population = population
        behaviour = options.get("behaviour")
        gateway = population.gateway(behaviour)
        if options.get("is_simulated"):
            gateway = SimulatorRelay(population.passwords, population.friends_of, behaviour)
        self.gateway = self.exit_stack.enter_context(gateway)
        clock = options.get("clock")
        env = {**ENVIRONMENT, "QQ_GATEWAY_URL": self.gateway.url, **options.get("env", {})}
        if clock is not None:
            env |= clock.env
        if (options.get("database") or self.database) == "postgresql":
            with clock.set_in_environment() if clock else ExitStack():
                self.postgresql = self.exit_stack.enter_context(killable_postgresql())
            env["DATABASE_URL"] = self.postgresql.url
            if options.get("is_proxied"):
                self.proxy = self.exit_stack.enter_context(PostgresqlProxy(self.postgresql.url))
                env["DATABASE_URL"] = self.proxy.url
        self.operator = Operator(self.folder / "stack", env=env)
        self.operator.tolerates_tracebacks = True
        self.exit_stack.enter_context(self.operator)
        self.django = self.new_django_process("django")

    def new_django_process(self, name: str) -> DjangoProcess:
        """Return a new process that runs Django commands beside the stack."""
        folder = self.folder / name
        folder.mkdir()
        django = DjangoProcess(folder, env=self.operator.env)
        self.exit_stack.callback(django.end)
        return django

    def set_limits(self, uin: int, **columns: object) -> None:
        """Change an account's limits by importing it again."""
        file = self.operator.accounts_file({uin: self.population.passwords[uin]}, columns=columns)
        self.operator.ok("import_accounts", file)

    def campaign(self, name: str, *more: object, text: str = TEXT) -> str:
        """Start a campaign whose text ends in its name; return the name."""
        launch_campaign(self.operator, name, f"{text} {name}", *more)
        return name

    # --- checking -------------------------------------------------------------------------------

    @property
    def history(self) -> list[MessageRequest]:
        """All requests for messages so far."""
        return list(self.gateway.traffic.message_requests)

    def expect(self, is_so: object, sentence: str) -> None:
        """Record a failure unless a condition holds."""
        if not is_so:
            self.failures.append(sentence)

    def wait_until(self, is_so: Callable[[], object], *, seconds: float, what: str) -> None:
        """Wait until a condition holds; raise ScenarioFailed after so many seconds."""
        deadline = time.monotonic() + seconds
        while not is_so():
            if time.monotonic() > deadline:
                raise ScenarioFailed(f"{what}: not within {seconds:g} s")
            time.sleep(0.05)

    def wait_for_messages(self, count: int, *, seconds: float = 40.0) -> None:
        """Wait until so many more messages have arrived."""
        wanted = len(self.gateway.traffic.messages) + count
        self.wait_until(
            lambda: len(self.gateway.traffic.messages) >= wanted,
            seconds=seconds,
            what=f"{count} more messages",
        )

    def wait_for_finish(self, *, seconds: float) -> None:
        """Wait until no run and no delivery is open; record what stays open."""
        deadline = time.monotonic() + seconds
        while (left := self.django.call("unfinished"))["runs"] or left["deliveries"]:
            if time.monotonic() > deadline:
                self.failures.append(
                    f"after {seconds:g} s still open: {left['deliveries']} of {left['runs']}"
                )
                return
            time.sleep(0.3)

    def report(self, name: str) -> list[dict[str, Any]]:
        """Return the rows of `campaign report --format json`."""
        file = self.folder / "report.json"
        self.operator.ok("campaign", "report", name, "--format", "json", "--out", file)
        rows: list[dict[str, Any]] = json.loads(file.read_bytes())
        return rows

    def check(
        self,
        *names: str,
        rules: Rules | None = None,
        are_all_sent: bool = True,
        may_be_unknown: bool = False,
        beside: str = "",
    ) -> Findings:
        """Check the whole history, record the violations and return the findings.

        Args:
            names: of the campaigns.
            rules: what must hold; by default only what always must.
            are_all_sent: whether every delivery that was not skipped must be sent.
            may_be_unknown: whether deliveries may be unknown.
            beside: how the texts of messages begin that are in no campaign's report; only the
                pace is checked for them.
        """
        report: list[ReportRow] = [row for name in names for row in report_rows(self.report(name))]
        if beside:
            report += [
                ReportRow(one.to, one.account, one.seq, "sent", one.text)
                for one in self.history
                if one.outcome == Outcome.DELIVERED and one.text.startswith(beside.encode())
            ]
        found = check_history(self.history, rules=rules or Rules(), report=report)
        unknown = found.unknown
        if may_be_unknown:
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
        """Record a failure if an account is quarantined or disabled."""
        rows = self.operator.ok("accounts", "status")
        ill = [r["uin"] for r in rows if r["state"] in ("quarantined", "disabled")]
        reasons = sorted({r["reason"] for r in rows if r["uin"] in ill})
        self.expect(not ill, f"{len(ill)} of {len(rows)} accounts ended: {reasons}")

    # --- faults -------------------------------------------------------------------------------

    def _owner(self) -> psycopg.Connection[Any]:
        """Connect to PostgreSQL with settings that the injected faults do not affect."""
        assert self.postgresql is not None
        return psycopg.connect(self.postgresql.url, options=UNAFFECTED)

    def execute(self, *statements: str) -> None:
        """Execute statements on PostgreSQL, each in a transaction of its own."""
        with self._owner() as connection:
            connection.autocommit = True
            for statement in statements:
                connection.execute(statement.encode())

    def set_server(self, name: str, value: str | None) -> None:
        """Set a parameter of the whole server; None resets it."""
        change = f"RESET {name}" if value is None else f"SET {name} = '{value}'"
        self.execute(f"ALTER SYSTEM {change}", "SELECT pg_reload_conf()")

    def end_connections(self) -> None:
        """End every connection to the server, as an administrator can."""
        self.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )

    @contextmanager
    def locked(self, table: str) -> Iterator[None]:
        """Lock a table exclusively."""
        with self._owner() as connection:
            connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE".encode())
            yield

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop every process of the stack and Redis with SIGSTOP."""
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
        """Pause and resume a campaign again and again, in a process of its own."""
        django, is_over = self.new_django_process(f"pausing {name}"), threading.Event()
        rng = random.Random(5)

        def repeat() -> None:
            while not is_over.is_set():
                django.call("pause", name=name)
                is_over.wait(rng.uniform(0.2, 0.8))
                django.call("resume", name=name)
                is_over.wait(rng.uniform(0.2, 0.8))

        thread = threading.Thread(target=repeat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join(30)

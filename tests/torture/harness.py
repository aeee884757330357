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

from tests.black_box.behaviour import Manners
from tests.black_box.gateway import Gateway
from tests.black_box.history import Departure, Findings, Rules, Told, check_history, told_by
from tests.black_box.operator_cli import Stranger
from tests.black_box.population import World, launch_campaign, move_in
from tests.running_stack import processes_of
from tests.torture.django_process import ClerkProcess
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


class Skipped(Exception):
    """The scenario cannot be played on this machine; the sentence says why."""


class DidNotHold(Exception):
    """What is to be shown has failed already, and the rest makes no sense."""


class Stage:
    """What a scenario plays on. `open` first.

    Args:
        folder: for everything it writes.
        stays: what it starts is ended with this.
        database: "sqlite" or "postgresql", where the scenario does not care.
        is_long: whether real windows and long outages are wanted.
    """

    def __init__(
        self, folder: Path, stays: ExitStack, *, database: str = "sqlite", is_long: bool = False
    ) -> None:
        self.folder, self.database, self.is_long = folder, database, is_long
        self.stays = stays
        #: What did not hold, in words.
        self.failures: list[str] = []
        #: What is worth knowing besides.
        self.notes: list[str] = []
        self.world: World
        self.gateway: Gateway
        self.stranger: Stranger
        self.clerk: ClerkProcess
        self.postgresql: KillablePostgresql | None = None
        self.proxy: PostgresqlProxy | None = None

    # --- setting it -----------------------------------------------------------------------------

    def open(
        self,
        world: World,
        *,
        manners: Manners | None = None,
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
        self.prepare(world, manners=manners, database=database, is_proxied=is_proxied,
                     clock=clock, env=env)  # fmt: skip
        self.stranger.up()
        move_in(self.stranger, world, min_interval=min_interval)

    def prepare(
        self,
        world: World,
        *,
        manners: Manners | None = None,
        database: str = "",
        is_proxied: bool = False,
        clock: HostClock | None = None,
        env: Mapping[str, str] = NOTHING,
    ) -> None:
        """Start the gateway and the database; the stack and the world are somebody else's."""
        self.world = world
        self.gateway = self.stays.enter_context(world.gateway(manners))
        env = {**ENVIRONMENT, "QQ_GATEWAY_URL": self.gateway.url, **env}
        if clock is not None:
            env = {**env, **clock.env}
        if (database or self.database) == "postgresql":
            with clock.for_what_is_started() if clock else ExitStack():
                self.postgresql = self.stays.enter_context(killable_postgresql())
            url = self.postgresql.url
            if is_proxied:
                self.proxy = self.stays.enter_context(PostgresqlProxy(self.postgresql.url))
                url = self.proxy.url
            env = {**env, "DATABASE_URL": url}
        self.stranger = Stranger(self.folder / "stack", env=env)
        self.stranger.is_bereft = True
        self.stays.enter_context(self.stranger)
        self.clerk = self.new_clerk("clerk")

    def new_clerk(self, name: str) -> ClerkProcess:
        """Return a clerk beside the stack."""
        folder = self.folder / name
        folder.mkdir()
        clerk = ClerkProcess(folder, env=self.stranger.env)
        self.stays.callback(clerk.end)
        return clerk

    def limit(self, uin: int, **columns: object) -> None:
        """Import one account again, with other limits."""
        file = self.stranger.accounts_file({uin: self.world.passwords[uin]}, columns=columns)
        self.stranger.ok("import_accounts", file)

    def campaign(self, name: str, *more: object, text: str = TEXT) -> str:
        """Start a campaign whose text nobody else's is; return its name."""
        launch_campaign(self.stranger, name, f"{text} {name}", *more)
        return name

    # --- looking --------------------------------------------------------------------------------

    @property
    def history(self) -> list[Departure]:
        """Every request for a message so far."""
        return list(self.gateway.arrived.departures)

    def expect(self, is_so: object, sentence: str) -> None:
        """Note what does not hold, and go on."""
        if not is_so:
            self.failures.append(sentence)

    def until(self, is_so: Callable[[], object], *, seconds: float, what: str) -> None:
        """Wait for something without which the scenario cannot go on."""
        deadline = time.monotonic() + seconds
        while not is_so():
            if time.monotonic() > deadline:
                raise DidNotHold(f"{what}: not within {seconds:g} s")
            time.sleep(0.05)

    def under_way(self, count: int, *, seconds: float = 40.0) -> None:
        """Wait until so many messages more have arrived."""
        wanted = len(self.gateway.arrived.messages) + count
        self.until(
            lambda: len(self.gateway.arrived.messages) >= wanted,
            seconds=seconds,
            what=f"{count} messages more",
        )

    def finish(self, *, seconds: float) -> None:
        """Wait until no run is under way and nothing is open; what stays is noted."""
        deadline = time.monotonic() + seconds
        while (left := self.clerk.order("unfinished"))["runs"] or left["deliveries"]:
            if time.monotonic() > deadline:
                self.failures.append(
                    f"after {seconds:g} s still open: {left['deliveries']} of {left['runs']}"
                )
                return
            time.sleep(0.3)

    def report(self, name: str) -> list[dict[str, Any]]:
        """`campaign report --format json`: its rows."""
        file = self.folder / "report.json"
        self.stranger.ok("campaign", "report", name, "--format", "json", "--out", file)
        rows: list[dict[str, Any]] = json.loads(file.read_bytes())
        return rows

    def judge(
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
        told: list[Told] = [row for name in names for row in told_by(self.report(name))]
        found = check_history(self.history, rules=rules or Rules(), told=told)
        unknown = found.unknown
        if not are_unknown_faults:
            found.unknown = []
        self.failures += found.faults
        found.unknown = unknown
        if are_all_sent:
            counted: dict[str, int] = {}
            for row in told:
                counted[row.state] = counted.get(row.state, 0) + 1
            others = {k: n for k, n in counted.items() if k not in ("sent", "skipped", "unknown")}
            self.expect(not others, f"not sent: {others}")
        return found

    def accounts_are_well(self) -> None:
        """Nobody is quarantined or disabled."""
        rows = self.stranger.ok("accounts", "status")
        ill = [r["uin"] for r in rows if r["state"] in ("quarantined", "disabled")]
        reasons = sorted({r["reason"] for r in rows if r["uin"] in ill})
        self.expect(not ill, f"{len(ill)} of {len(rows)} accounts ended: {reasons}")

    # --- trouble --------------------------------------------------------------------------------

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
        pids = sorted(processes_of(self.stranger.home))
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
    def storm(self, name: str) -> Iterator[None]:
        """Pause and resume this campaign all the time."""
        clerk, is_over = self.new_clerk(f"storm {name}"), threading.Event()
        dice = random.Random(5)

        def blow() -> None:
            while not is_over.is_set():
                clerk.order("pause", name=name)
                is_over.wait(dice.uniform(0.2, 0.8))
                clerk.order("resume", name=name)
                is_over.wait(dice.uniform(0.2, 0.8))

        thread = threading.Thread(target=blow, daemon=True)
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join(30)

"""Faults of some seconds, started at random during a torture.

Processes are frozen, the database is read-only or locked, logins fail, runs are paused and resumed
repeatedly, the wall clock is set. The faults overlap with each other and with kills.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable

import psycopg

from qqhttp.simulator.control_client import SimulatorControl
from tests.running_stack import RunningStack
from tests.torture.django_process import DjangoProcess
from tests.torture.host_clocks import HostClock
from tests.torture.postgresql import KillablePostgresql

#: The relative frequency of each fault.
WEIGHTS = {
    "freeze": 6,
    "read-only": 4,
    "locked": 4,
    "logins fail": 4,
    "storm": 5,
    "clock": 4,
}
#: The shortest and the longest duration of each, seconds.
DURATIONS = {
    "freeze": (1.0, 20.0),
    "read-only": (1.0, 6.0),
    "locked": (1.0, 8.0),
    "logins fail": (3.0, 20.0),
    "storm": (3.0, 10.0),
    "clock": (0.0, 0.0),
}
FROZEN_PARTS = ("worker", "worker", "jobs", "beat")
#: Seconds by which the wall clock is wrong after it was set.
STEPS = (-3600.0, -40.0, -12.0, 0.0, 12.0, 40.0, 3600.0)
#: The ways in which logins fail.
LOGIN_FAULTS = (
    "http:before,command=Login",
    "reset:before,command=Login",
    "empty:before,command=Login",
    "hang:before,command=Login",
)


class TransientFaults:
    """Starts faults, each in a thread of its own, and ends them.

    Args:
        stack: its processes are frozen.
        control: the gateway's; its faults are changed, so no other object may change them.
        faults: the faults that are always active there.
        postgresql: the database server; None on SQLite.
        clock: the host's clock; None if it cannot be set.
        django: pauses and resumes the runs.
        rng: chooses the faults.
    """

    def __init__(
        self,
        *,
        stack: RunningStack,
        control: SimulatorControl,
        faults: tuple[str, ...],
        postgresql: KillablePostgresql | None,
        clock: HostClock | None,
        django: DjangoProcess,
        rng: random.Random,
    ) -> None:
        self._stack, self._control, self._faults = stack, control, faults
        self._postgresql, self._clock, self._django, self._rng = postgresql, clock, django, rng
        self._running: dict[str, threading.Thread] = {}
        self._is_over = threading.Event()
        #: How often each fault was started.
        self.made: Counter[str] = Counter()

    def start_one(self) -> str | None:
        """Start a random fault; return it in words, or None if one of the same kind is active."""
        names = [
            name
            for name in WEIGHTS
            if (self._postgresql or name not in ("read-only", "locked"))
            and (self._clock or name != "clock")
        ]
        name = self._rng.choices(names, [WEIGHTS[name] for name in names])[0]
        thread = self._running.get(name)
        if thread is not None and thread.is_alive():
            return None
        work, seconds = self._methods()[name], self._rng.uniform(*DURATIONS[name])
        choice = self._rng.random()  # drawn here: threads must not share the generator
        self._running[name] = threading.Thread(target=work, args=(seconds, choice), daemon=True)
        self._running[name].start()
        self.made[name] += 1
        return f"{name} for {seconds:.0f} s" if seconds else name

    def end(self) -> None:
        """End all faults and correct the clock."""
        self._is_over.set()
        for thread in self._running.values():
            thread.join(60)
        if self._clock is not None:
            self._clock.set(0.0)

    def _methods(self) -> dict[str, Callable[[float, float], None]]:
        return {
            "freeze": self._freeze,
            "read-only": self._read_only,
            "locked": self._lock,
            "logins fail": self._fail_logins,
            "storm": self._pause_and_resume,
            "clock": self._set_clock,
        }

    def _freeze(self, seconds: float, choice: float) -> None:
        with contextlib.suppress(OSError, KeyError, ValueError):
            pid = self._stack.pids[FROZEN_PARTS[int(choice * len(FROZEN_PARTS))]]
            os.kill(pid, signal.SIGSTOP)
            self._is_over.wait(seconds)
            os.kill(pid, signal.SIGCONT)

    def _read_only(self, seconds: float, _choice: float) -> None:
        self._execute("ALTER SYSTEM SET default_transaction_read_only = on")
        self._is_over.wait(seconds)
        self._execute("ALTER SYSTEM RESET default_transaction_read_only")

    def _execute(self, statement: str) -> None:
        """Execute a statement, repeatedly while the server is down."""
        assert self._postgresql is not None
        deadline = time.monotonic() + 50
        while time.monotonic() < deadline:
            with (
                contextlib.suppress(psycopg.Error),
                psycopg.connect(self._postgresql.url, autocommit=True) as connection,
            ):
                connection.execute("SET default_transaction_read_only = off")
                connection.execute(statement.encode())
                connection.execute("SELECT pg_reload_conf()")
                return
            time.sleep(0.2)

    def _lock(self, seconds: float, _choice: float) -> None:
        assert self._postgresql is not None
        with (
            contextlib.suppress(psycopg.Error),
            psycopg.connect(self._postgresql.url) as connection,
        ):
            connection.execute("LOCK TABLE sending_attempt IN ACCESS EXCLUSIVE MODE")
            self._is_over.wait(seconds)

    def _fail_logins(self, seconds: float, choice: float) -> None:
        fault = LOGIN_FAULTS[int(choice * len(LOGIN_FAULTS))]
        self._control.set_faults(fault, *self._faults)
        self._control.clear_sessions()
        self._is_over.wait(seconds)
        self._control.set_faults(*self._faults)

    def _pause_and_resume(self, seconds: float, _choice: float) -> None:
        """Pause and resume all runs; the torture resumes those that stay paused."""
        ends_at = time.monotonic() + seconds
        while time.monotonic() < ends_at and not self._is_over.is_set():
            for name in self._django.call("active"):
                self._django.call("pause", name=name)
            self._is_over.wait(0.3)
            self._django.call("resume_paused")
            self._is_over.wait(0.3)

    def _set_clock(self, _seconds: float, choice: float) -> None:
        assert self._clock is not None
        self._clock.set(STEPS[int(choice * len(STEPS))])

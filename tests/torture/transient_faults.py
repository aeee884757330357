"""Troubles that pass by themselves, mixed into a torture by chance: each goes on for some seconds.

Processes that stand still, a database that is read-only or locked, logins that fail, operators who
pause and resume without end, a wall clock that is set. They overlap with each other and with kills.
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

#: How often each is chosen, in proportion, and how long it lasts, seconds.
WEIGHTS = {
    "freeze": 6,
    "read-only": 4,
    "locked": 4,
    "logins fail": 4,
    "storm": 5,
    "clock": 4,
}
LASTS = {
    "freeze": (1.0, 20.0),
    "read-only": (1.0, 6.0),
    "locked": (1.0, 8.0),
    "logins fail": (3.0, 20.0),
    "storm": (3.0, 10.0),
    "clock": (0.0, 0.0),
}
FROZEN = ("worker", "worker", "jobs", "beat")
STEPS = (-3600.0, -40.0, -12.0, 0.0, 12.0, 40.0, 3600.0)
#: The ways in which logins fail.
LOGIN_FAULTS = (
    "http:before,command=Login",
    "reset:before,command=Login",
    "empty:before,command=Login",
    "hang:before,command=Login",
)


class TransientFaults:
    """Makes troubles, each in a thread of its own, and ends them all at the end.

    Args:
        stack: whose processes stand still.
        control: the gateway's, whose faults are changed; of nobody else's use.
        faults: those that are always in force there.
        postgresql: the database's server, if it is one.
        clock: the host's clock, if it can be set.
        clerk: who pauses and resumes.
        dice: what chooses.
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
        #: How many of each there were.
        self.made: Counter[str] = Counter()

    def start_one(self) -> str | None:
        """Begin a trouble, chosen by chance, unless its like goes on; return what it is."""
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
        act, seconds = self._acts()[name], self._rng.uniform(*LASTS[name])
        choice = self._rng.random()  # here: threads must not share the dice
        self._running[name] = threading.Thread(target=act, args=(seconds, choice), daemon=True)
        self._running[name].start()
        self.made[name] += 1
        return f"{name} for {seconds:.0f} s" if seconds else name

    def end(self) -> None:
        """End them all, and set the clock right."""
        self._is_over.set()
        for thread in self._running.values():
            thread.join(60)
        if self._clock is not None:
            self._clock.set(0.0)

    def _acts(self) -> dict[str, Callable[[float, float], None]]:
        return {
            "freeze": self._freeze,
            "read-only": self._read_only,
            "locked": self._lock,
            "logins fail": self._fail_logins,
            "storm": self._storm,
            "clock": self._set_clock,
        }

    def _freeze(self, seconds: float, choice: float) -> None:
        with contextlib.suppress(OSError, KeyError, ValueError):
            pid = self._stack.pids[FROZEN[int(choice * len(FROZEN))]]
            os.kill(pid, signal.SIGSTOP)
            self._is_over.wait(seconds)
            os.kill(pid, signal.SIGCONT)

    def _read_only(self, seconds: float, _choice: float) -> None:
        self._execute("ALTER SYSTEM SET default_transaction_read_only = on")
        self._is_over.wait(seconds)
        self._execute("ALTER SYSTEM RESET default_transaction_read_only")

    def _execute(self, statement: str) -> None:
        """Say it, however often the server is killed meanwhile."""
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

    def _storm(self, seconds: float, _choice: float) -> None:
        """Pause and resume whatever runs; what stays paused is resumed by the torture."""
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

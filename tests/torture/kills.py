"""Kills parts of the stack at random with SIGKILL, and counts the kills."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
from collections import Counter
from collections.abc import Callable

import redis

from qqcampaign.environment import socket_path
from tests.ledger_process import writers_of
from tests.running_stack import RunningStack
from tests.torture.postgresql import KillablePostgresql

#: The relative frequency of each kill.
WEIGHTS = {
    "worker": 30,
    "ledger": 12,
    "jobs": 10,
    "beat": 5,
    "web": 4,
    "redis": 10,
    "redis and its data": 8,
    "redis flushed": 6,
    "supervisor": 4,
    "postgresql": 6,
    "postgresql connection": 10,
}
#: After so many deaths of one process the supervisor would wait too long before it restarts that
#: process: the whole stack is killed and started again.
DEATHS_BEFORE_A_NEW_SUPERVISOR = 5


class Killer:
    """Kills parts of a stack, and counts the kills.

    Args:
        stack: the stack.
        postgresql: its database server; None on SQLite.
        start_again: called after the supervisor was killed.
        rng: chooses what is killed.
    """

    def __init__(
        self,
        *,
        stack: RunningStack,
        postgresql: KillablePostgresql | None,
        start_again: Callable[[], None],
        rng: random.Random,
    ) -> None:
        self.stack = stack
        self.postgresql = postgresql
        self.start_again = start_again
        self.rng = rng
        self.kills: Counter[str] = Counter()
        self._deaths: Counter[str] = Counter()

    def kill_something(self) -> str | None:
        """Kill a random part; return its name, or None if it was dead already."""
        names = [name for name in WEIGHTS if self.postgresql or "postgresql" not in name]
        name = self.rng.choices(names, [WEIGHTS[name] for name in names])[0]
        if max(self._deaths.values(), default=0) >= DEATHS_BEFORE_A_NEW_SUPERVISOR:
            name = "supervisor"
        if not self.kill(name):
            return None
        self.kills[name] += 1
        return name

    def kill(self, name: str) -> bool:
        """Kill a part; return whether there was something to kill."""
        if name == "supervisor":
            self.stack.end_at_once()
            self._deaths.clear()
            self.start_again()
            return True
        if name == "postgresql":
            assert self.postgresql is not None
            self.postgresql.kill_postmaster()
            return True
        if name == "postgresql connection":
            assert self.postgresql is not None
            return self.postgresql.kill_backend()
        if name == "redis flushed":
            return self._flush()
        if name == "ledger":
            return self._end_ledger()
        process = name.split()[0]
        if not self._end(process):
            return False
        if name == "redis and its data":
            shutil.rmtree(self.stack.home / "redis", ignore_errors=True)
            (self.stack.home / "redis").mkdir()
        return True

    def note_death(self, process: str) -> None:
        """Count a process's death by a failpoint."""
        self._deaths[process] += 1

    def _end(self, process: str) -> bool:
        try:
            pid = self.stack.pids[process]
            os.kill(pid, signal.SIGKILL)
        except (OSError, KeyError, ValueError):
            return False
        self._deaths[process] += 1
        return True

    def _end_ledger(self) -> bool:
        """Kill the process that writes the worker's ledger; the worker goes on."""
        with contextlib.suppress(OSError, KeyError, ValueError):
            for pid in writers_of(self.stack.pids["worker"]):
                os.kill(pid, signal.SIGKILL)
                return True
        return False

    def _flush(self) -> bool:
        client = redis.Redis(unix_socket_path=str(socket_path(self.stack.home)), socket_timeout=2)
        with contextlib.closing(client), contextlib.suppress(redis.RedisError, OSError):
            return bool(client.flushall())
        return False

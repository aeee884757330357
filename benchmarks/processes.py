"""Starts and ends the measured processes, and measures their CPU and memory."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from qqcampaign.stack import launcher

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def cpu_seconds(pid: int) -> float:
    """Return the user and system time of a process and of what it started, seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    total = sum(int(field) for field in fields[11:15])
    for child in children_of(pid):
        with contextlib.suppress(OSError):  # it has ended, and is counted by its parent
            fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
    return total / _TICKS


def children_of(pid: int) -> list[int]:
    """Return the running processes that a process's first thread started."""
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def resident_kb(pid: int) -> float:
    """Return the resident memory of a process, in units of 1,000 bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE / 1000


def whole_cpu_seconds() -> float:
    """Return the processor time of the database and of this process so far."""
    return postgresql_cpu_seconds() + time.process_time()


def postgresql_cpu_seconds() -> float:
    """Return the CPU seconds of PostgreSQL, ended backends included; 0.0 on SQLite."""
    postmaster = os.environ.get("BENCH_POSTMASTER")
    if not postmaster:
        return 0.0
    return cpu_seconds(int(postmaster))


class Watch:
    """Measures the CPU of processes and of PostgreSQL since its creation.

    Args:
        pids: the processes.
    """

    def __init__(self, *pids: int) -> None:
        self._pids = pids
        self._before = self._own()
        self._postgresql_before = postgresql_cpu_seconds()

    def own(self) -> float:
        """Return the CPU seconds of the processes since the creation."""
        return self._own() - self._before

    def postgresql(self) -> float:
        """Return the CPU seconds of PostgreSQL since the creation."""
        return postgresql_cpu_seconds() - self._postgresql_before

    def _own(self) -> float:
        return sum(cpu_seconds(pid) for pid in self._pids)


def bound(argv: Sequence[str]) -> list[str]:
    """Return a command that ends when this process ends, even by SIGKILL."""
    return [sys.executable, "-I", "-S", launcher.__file__, str(os.getpid()), *argv]


@contextlib.contextmanager
def running(
    argv: Sequence[str], *, environment: Mapping[str, str] | None = None, log: Path
) -> Iterator[int]:
    """Run a process and yield its pid; end it with SIGTERM, after 20 s with SIGKILL."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            bound(argv),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, **(environment or {})},
        )
    try:
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until(condition: Callable[[], bool], *, what: str, seconds: float) -> None:
    """Wait until a condition holds.

    Raises:
        SystemExit: it does not hold in time; the message names `what`.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"{what}: not within {seconds:g} s.")
        time.sleep(0.05)

"""The processes under measurement: what they cost, and a Celery worker started and ended by pid."""

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
    """Return the user and system time a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def resident_kb(pid: int) -> float:
    """Return the memory a process holds, in units of 1,000 bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE / 1000


def postgresql_cpu_seconds() -> float:
    """Return what the place's PostgreSQL has used, ended backends included; 0.0 on SQLite."""
    postmaster = os.environ.get("BENCH_POSTMASTER")
    if not postmaster:
        return 0.0
    fields = Path(f"/proc/{postmaster}/stat").read_text().rpartition(")")[2].split()
    total = sum(int(field) for field in fields[11:15]) / _TICKS
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError):
                words = (entry / "stat").read_text().rpartition(")")[2].split()
                if words[1] == postmaster:
                    total += (int(words[11]) + int(words[12])) / _TICKS
    return total


class Watch:
    """The CPU of processes and of PostgreSQL, from its making on.

    Args:
        pids: the processes.
    """

    def __init__(self, *pids: int) -> None:
        self._pids = pids
        self._before = self._own()
        self._postgresql_before = postgresql_cpu_seconds()

    def own(self) -> float:
        """Return the CPU seconds of the processes since then."""
        return self._own() - self._before

    def postgresql(self) -> float:
        """Return the CPU seconds of PostgreSQL since then."""
        return postgresql_cpu_seconds() - self._postgresql_before

    def _own(self) -> float:
        return sum(cpu_seconds(pid) for pid in self._pids)


def bound(argv: Sequence[str]) -> list[str]:
    """Return a command that ends with this process, however this process ends."""
    return [sys.executable, "-I", "-S", launcher.__file__, str(os.getpid()), *argv]


@contextlib.contextmanager
def running(
    argv: Sequence[str], *, environment: Mapping[str, str] | None = None, log: Path
) -> Iterator[int]:
    """Run a process; yield its pid; end it: asked first, then made to."""
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
    """Wait for something to become true.

    Raises:
        SystemExit: it does not in time.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"{what}: not within {seconds:g} s.")
        time.sleep(0.05)

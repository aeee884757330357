"""The process that writes a worker's ledger, as /proc shows it."""

from __future__ import annotations

from pathlib import Path

#: What it runs. Not imported: torture kills from a process without Django.
MODULE = "sending.ledger.writer_main"


def writers_of(worker: int) -> list[int]:
    """Return the processes that write a worker's ledger: one, or none at its start and end."""
    children = Path(f"/proc/{worker}/task/{worker}/children").read_text().split()
    return [
        int(child)
        for child in children
        if MODULE.encode() in Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
    ]


def is_running(pid: int) -> bool:
    """Return whether a process lives; a zombie does not."""
    return state_of(pid) not in ("", "Z", "X")


def state_of(pid: int) -> str:
    """Return the letter of a process's state, such as T for stopped; empty if it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""

"""The process that writes a worker's ledger, as /proc shows it."""

from __future__ import annotations

from pathlib import Path

#: What it runs. Not imported: torture kills from a process without Django.
MODULE = "sending.ledger.writer_main"


def writers_of(worker: int) -> list[int]:
    """Return the processes that write a worker's ledger: one, or none at its start and end."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and status_of(int(entry.name))[1:2] == [str(worker)]:
            command = (entry / "cmdline").read_bytes().split(b"\0")
            found += [int(entry.name)] * (MODULE.encode() in command)
    return found


def is_running(pid: int) -> bool:
    """Return whether a process lives; a zombie does not."""
    return status_of(pid)[:1] not in ([], ["Z"], ["X"])


def status_of(pid: int) -> list[str]:
    """Return the state of a process, its parent and what else its `stat` says; empty if gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []

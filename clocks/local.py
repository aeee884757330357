"""The process's own clock and its waits: for what is measured and waited for inside one process.

The clock is monotonic, so that no step of the host's wall clock touches it, and it counts the time
in which the machine was suspended (CLOCK_BOOTTIME), so that a laptop that slept through the
gateway's memory knows it. It says nothing to another process, let alone to another host.

The engine takes its time, its waits and its threads from here alone: the model test puts a virtual
time in their place (`tests/model`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

#: Linux counts suspended time in a clock of its own; macOS does in its CLOCK_MONOTONIC.
_CLOCK: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def elapsed() -> float:
    """Return the seconds since some fixed moment, suspended time included."""
    return time.clock_gettime(_CLOCK)


def host_wall() -> datetime:
    """Return what the host's wall clock says; it may be wrong, and it may step."""
    return datetime.now(UTC)


def sleep(seconds: float) -> None:
    """Wait; suspended time may come on top."""
    time.sleep(seconds)


def new_event() -> threading.Event:
    """Return an event to wait for, with a timeout."""
    return threading.Event()


def start_thread(
    target: Callable[..., None], *, name: str, arguments: tuple[Any, ...] = ()
) -> threading.Thread:
    """Start a daemon thread (a greenlet in a worker) and return it."""
    thread = threading.Thread(target=target, args=arguments, name=name, daemon=True)
    thread.start()
    return thread


def boot_identity() -> str:
    """Return what all processes have in common whose `elapsed` counts from the same moment.

    That is one boot of one machine, and one time namespace. Empty where it cannot be told.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        namespace = str(Path("/proc/self/ns/time").readlink())
    except OSError:
        return ""
    return f"{boot} {namespace}"

"""The clock, the waits and the threads of one process.

The clock is monotonic, so a step of the host's wall clock does not affect it. It counts the time in
which the machine was suspended (CLOCK_BOOTTIME), so a laptop that slept longer than the gateway
remembers a SEQ knows that it did. Its values mean nothing in another process or on another host.

The engine takes its time, waits and threads only from here, so that the model test (`tests/model`)
can replace them with a virtual time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

#: Linux has a separate clock that counts suspended time; on macOS CLOCK_MONOTONIC counts it.
_CLOCK: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def elapsed() -> float:
    """Return the seconds since a fixed but unknown moment, suspended time included."""
    return time.clock_gettime(_CLOCK)


def host_wall() -> datetime:
    """Return the host's wall clock in UTC; it may be wrong, and it may step."""
    return datetime.now(UTC)


def sleep(seconds: float) -> None:
    """Wait for so many seconds; time in which the machine is suspended may be added."""
    time.sleep(seconds)


def new_event() -> threading.Event:
    """Return an event whose `wait` takes a timeout in seconds."""
    return threading.Event()


def start_thread(
    target: Callable[..., None], *, name: str, arguments: tuple[Any, ...] = ()
) -> threading.Thread:
    """Start a daemon thread (a greenlet in a worker) and return it."""
    thread = threading.Thread(target=target, args=arguments, name=name, daemon=True)
    thread.start()
    return thread


def boot_identity() -> str:
    """Return an identity that is equal in all processes whose `elapsed` can be compared.

    It names one boot of one machine and one time namespace. Empty if it cannot be read.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        namespace = str(Path("/proc/self/ns/time").readlink())
    except OSError:
        return ""
    return f"{boot} {namespace}"

"""A limit on the whole time of a conversation, in place of one on each of its steps."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

#: The longest time that sending one notification takes, seconds.
LONGEST = 10.0


@contextlib.contextmanager
def cut_after(seconds: float, cut: Callable[[], None]) -> Iterator[threading.Event]:
    """Call `cut`, from another thread, if the body takes longer than so many seconds.

    A timeout of a socket is one for each read. A server that sends a byte every few seconds would
    hold a thread without end.

    Yields:
        an event that is set once it was cut.
    """
    was_cut = threading.Event()

    def end() -> None:
        was_cut.set()
        cut()

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield was_cut
    finally:
        timer.cancel()

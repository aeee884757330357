"""Reading ahead: the next chunk is parsed while the last one is being written."""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")

_DEPTH = 1
_WAIT = 0.5
#: Seconds (Python's default: 5 ms). The consumer waits for a socket dozens of times an item, and
#: each time the thread that computes would keep it waiting so much longer. The interval is the
#: process's, so it stays: two that read at once would put back each other's.
_SWITCH = 0.000_5


class ReadAhead(Generic[Item]):
    """An iterator whose items are made in a thread, one ahead of whoever takes them.

    The consumer mostly waits for the database, the producer computes: together they take the
    longer of the two times, not the sum. Close it; a `with` does.

    Args:
        items: makes the items. Called in the thread, so it must not touch the database.
        prepare: called first in the thread (to activate the language, say).
    """

    def __init__(
        self, items: Callable[[], Iterator[Item]], *, prepare: Callable[[], None] | None = None
    ) -> None:
        self._items = items
        self._prepare = prepare
        self._queue: queue.Queue[tuple[Item | None, BaseException | None]] = queue.Queue(_DEPTH)
        self._is_closed = threading.Event()
        sys.setswitchinterval(min(_SWITCH, sys.getswitchinterval()))
        self._thread = threading.Thread(target=self._produce, name="read-ahead", daemon=True)
        self._thread.start()

    def __enter__(self) -> ReadAhead[Item]:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Item]:
        while True:
            item, problem = self._queue.get()
            if problem is not None:
                raise problem
            if item is None:
                return
            yield item

    def close(self) -> None:
        """Stop the thread and wait for it."""
        self._is_closed.set()
        self._thread.join()

    def _produce(self) -> None:
        try:
            if self._prepare is not None:
                self._prepare()
            for item in self._items():
                if not self._put((item, None)):
                    return
            self._put((None, None))
        except BaseException as problem:  # whatever it is, it belongs to the consumer
            self._put((None, problem))

    def _put(self, item: tuple[Item | None, BaseException | None]) -> bool:
        while not self._is_closed.is_set():
            try:
                self._queue.put(item, timeout=_WAIT)
            except queue.Full:
                continue
            return True
        return False

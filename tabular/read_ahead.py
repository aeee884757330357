"""Read ahead: parse the next chunk in a thread while the last one is written."""

from __future__ import annotations

import gc
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")

_DEPTH = 1
_WAIT = 0.5
#: Python's thread switch interval in seconds (its default: 5 ms). The consumer waits for a socket
#: dozens of times for each item, and could wait one interval longer each time, while the thread
#: computes. The interval belongs to the process and is not restored, because two readers at once
#: would restore each other's.
_SWITCH = 0.000_5
#: New objects after which Python looks for garbage (its default: 700). Rows are many objects and
#: never garbage that it must look for, and with Django loaded, looking through all objects took a
#: quarter of the time of reading a file. It belongs to the process too, and is not restored either.
_OBJECTS = 50_000


def collect_rarely() -> None:
    """Have this process look for garbage rarely from now on, as reading many rows needs it."""
    youngest, *older = gc.get_threshold()
    if youngest:  # 0: it is off
        gc.set_threshold(max(_OBJECTS, youngest), *older)


class ReadAhead(Generic[Item]):
    """An iterator whose items are produced in a thread, one ahead of the consumer.

    The consumer mostly waits for the database and the producer computes, so together they take the
    longer of the two times and not the sum. It must be closed; a `with` statement closes it.

    Args:
        items: returns the items. It runs in the thread, so it must not use the database.
        prepare: called first in the thread, for example to activate the language.
        while_waiting: called in the consumer while no item comes, about every `every` seconds. What
            it raises ends the iteration.
        every: see `while_waiting`.
    """

    def __init__(
        self,
        items: Callable[[], Iterator[Item]],
        *,
        prepare: Callable[[], None] | None = None,
        while_waiting: Callable[[], None] = lambda: None,
        every: float | None = None,
    ) -> None:
        self._items = items
        self._prepare = prepare
        self._while_waiting = while_waiting
        self._every = every
        self._queue: queue.Queue[tuple[Item | None, BaseException | None]] = queue.Queue(_DEPTH)
        self._is_closed = threading.Event()
        sys.setswitchinterval(min(_SWITCH, sys.getswitchinterval()))
        collect_rarely()
        self._thread = threading.Thread(target=self._produce, name="read-ahead", daemon=True)
        self._thread.start()

    def __enter__(self) -> ReadAhead[Item]:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Item]:
        while True:
            try:
                item, problem = self._queue.get(timeout=self._every)
            except queue.Empty:
                self._while_waiting()
                continue
            if problem is not None:
                raise problem
            if item is None:
                return
            yield item
            item = None  # not in memory while the next one is waited for

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
        except BaseException as problem:  # raised again in the consumer
            self._put((None, problem))

    def _put(self, item: tuple[Item | None, BaseException | None]) -> bool:
        while not self._is_closed.is_set():
            try:
                self._queue.put(item, timeout=_WAIT)
            except queue.Full:
                continue
            return True
        return False

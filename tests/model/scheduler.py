"""Virtual time: fibers, timers and events that stand in for threads, waits and clocks.

One operating-system thread runs everything. Each of the engine's threads is a fiber (a greenlet).
When all of them wait, time jumps to the earliest timer; no real time passes.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from greenlet import GreenletExit, getcurrent, greenlet

#: The wall clock when virtual time is 0.
START = datetime(2026, 6, 1, tzinfo=UTC)
#: This many fibers resumed at one moment of virtual time are an endless loop.
MOST_AT_ONE_MOMENT = 50_000


def seconds_at(moment: datetime) -> float:
    """Return the virtual time of a shared time, which never steps."""
    return (moment - START).total_seconds()


class Endless(AssertionError):
    """The engine loops without waiting."""


class Process:
    """One process of the system: its fibers die and freeze together.

    Args:
        name: its host name.
        shift: seconds by which its monotonic clock is ahead.
    """

    def __init__(self, name: str, *, shift: float = 0.0) -> None:
        self.name = name
        self.shift = shift
        self.fibers: list[Fiber] = []
        self.is_dead = False
        self.frozen_until = float("-inf")
        #: Reads of the clock until it freezes (None: it does not), and for how long it then does.
        self.freeze_in: int | None = None
        self.freeze_seconds = 0.0


class Fiber(greenlet):
    """A thread of the engine.

    Args:
        hub: the greenlet that it switches to when it waits.
        process: the process that it belongs to.
        target: the function that it runs.
        name: for the log.
    """

    def __init__(
        self, hub: greenlet, process: Process, target: Callable[[], None], name: str
    ) -> None:
        super().__init__(target, hub)
        # Where a browser test ran before, Playwright's event loop counts as running, and Django
        # keeps its connections in the context: fibers must see the history's, not one of their own.
        self.gr_context = hub.gr_context
        self.process = process
        self.name = name
        self.epoch = 0


class Scheduler:
    """Runs fibers in the order of their timers, and keeps the time."""

    def __init__(self) -> None:
        self.now = 0.0
        self.hub: greenlet = getcurrent()
        self.current: Process | None = None
        self.is_closing = False
        self._heap: list[tuple[float, int, Fiber | Callable[[], None], int]] = []
        self._n = 0
        self._moment, self._at_moment = 0.0, 0

    # --- timers --------------------------------------------------------------------------------

    def _push(self, at: float, what: Fiber | Callable[[], None], epoch: int) -> None:
        self._n += 1
        heapq.heappush(self._heap, (at, self._n, what, epoch))

    def call_at(self, at: float, work: Callable[[], None]) -> None:
        """Call a function of the model at a moment."""
        self._push(at, work, -1)

    def spawn(self, process: Process, target: Callable[[], None], name: str) -> Fiber:
        """Start a fiber of a process."""
        fiber = Fiber(self.hub, process, target, name)
        process.fibers.append(fiber)
        self._push(self.now, fiber, 0)
        return fiber

    def make_ready(self, fiber: Fiber) -> None:
        """Resume a waiting fiber at the current time."""
        self._push(self.now, fiber, fiber.epoch)

    def suspend(self, until: float | None) -> None:
        """Suspend the current fiber until a moment, or until it is made ready."""
        fiber = getcurrent()
        assert isinstance(fiber, Fiber), "only fibers may wait"
        if self.is_closing or fiber.process.is_dead:
            raise GreenletExit
        if until is not None:
            self._push(until, fiber, fiber.epoch)
        self.hub.switch()
        if self.is_closing or fiber.process.is_dead:
            raise GreenletExit

    # --- the loop ------------------------------------------------------------------------------

    def run_until(self, end: float) -> None:
        """Run everything that is due up to a moment."""
        heap = self._heap
        while heap and heap[0][0] <= end:
            at, _n, what, epoch = heapq.heappop(heap)
            if not isinstance(what, Fiber):
                self.now = max(self.now, at)
                what()
                continue
            if what.epoch != epoch or what.dead:
                continue
            self.now = max(self.now, at)
            if what.process.frozen_until > self.now:
                self._push(what.process.frozen_until, what, epoch)
                continue
            self._resume(what)
        self.now = max(self.now, end)

    def _resume(self, fiber: Fiber) -> None:
        if self.now != self._moment:
            self._moment, self._at_moment = self.now, 0
        self._at_moment += 1
        if self._at_moment > MOST_AT_ONE_MOMENT:
            raise Endless(f"{fiber.name} loops at {self.now:.3f}")
        fiber.epoch += 1
        self.current = fiber.process
        try:
            fiber.switch()
        finally:
            self.current = None
        if fiber.dead:
            fiber.process.fibers.remove(fiber)

    def kill(self, process: Process) -> None:
        """End a process at once; called from the hub."""
        process.is_dead = True
        for fiber in list(process.fibers):
            if not fiber.dead:
                self.current = process
                try:
                    fiber.throw(GreenletExit)
                finally:
                    self.current = None
        process.fibers.clear()

    # --- replacements for `clocks.local` ---------------------------------------------------------

    def elapsed(self) -> float:
        """Return the time of the process's own clock; the process may freeze after this read."""
        process = self.current
        if process is None:
            return self.now
        seen = self.now + process.shift
        if process.freeze_in is not None:
            if process.freeze_in <= 0:
                self.freeze_now(process)
            else:
                process.freeze_in -= 1
        return seen

    def freeze_now(self, process: Process) -> None:
        """Freeze a process. The others go on, unless it holds the database."""
        process.freeze_in = None
        self.on_freeze(process, process.freeze_seconds)
        if self.may_switch():
            process.frozen_until = self.now + process.freeze_seconds
            self.suspend(self.now)
        else:
            self.now += process.freeze_seconds  # it holds the database, so all others wait

    def may_switch(self) -> bool:
        """Return whether other fibers may run: not in a transaction. Set by the simulation."""
        return True

    def on_freeze(self, process: Process, seconds: float) -> None:
        """Called at each freeze. Set by the simulation."""

    def sleep(self, seconds: float) -> None:
        """Suspend the current fiber for so many seconds."""
        fiber = getcurrent()
        assert isinstance(fiber, Fiber)
        self.suspend(self.now + max(0.0, seconds))

    def new_event(self) -> Event:
        """Return a new event."""
        return Event(self)

    def start_thread(
        self, target: Callable[..., None], *, name: str, arguments: tuple[Any, ...] = ()
    ) -> ModelThread:
        """Start a fiber of the current process."""
        process = self.current
        assert process is not None, "only processes may start threads"
        done = Event(self)

        def run() -> None:
            try:
                self.guard(lambda: target(*arguments), name)
            finally:
                done.set()

        return ModelThread(self.spawn(process, run, name), done)

    def guard(self, work: Callable[[], None], name: str) -> None:
        """Run a fiber's work and handle its exceptions. Set by the simulation."""
        work()


class Event:
    """`threading.Event`, in virtual time."""

    __slots__ = ("_is_set", "_scheduler", "_waiting")

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._is_set = False
        self._waiting: list[Fiber] = []

    def is_set(self) -> bool:
        """Return whether it is set."""
        return self._is_set

    def set(self) -> None:
        """Set it, and resume the fibers that wait for it."""
        self._is_set = True
        waiting, self._waiting = self._waiting, []
        for fiber in waiting:
            self._scheduler.make_ready(fiber)

    def clear(self) -> None:
        """Reset it."""
        self._is_set = False

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is set or the time is over; return whether it is set."""
        if self._is_set:
            return True
        fiber = getcurrent()
        assert isinstance(fiber, Fiber), "only fibers may wait"
        self._waiting.append(fiber)
        scheduler = self._scheduler
        scheduler.suspend(None if timeout is None else scheduler.now + max(0.0, timeout))
        if fiber in self._waiting:
            self._waiting.remove(fiber)
        return self._is_set


class ModelThread:
    """The thread that `start_thread` returns."""

    def __init__(self, fiber: Fiber, done: Event) -> None:
        self._fiber, self._done = fiber, done

    def join(self, timeout: float | None = None) -> None:
        """Wait for its end."""
        self._done.wait(timeout)

    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return not self._done.is_set()

"""Virtual time: fibers, timers and events that stand in for threads, waits and clocks.

One operating-system thread runs everything. Each of the engine's threads is a fiber (a greenlet);
when all of them wait, time jumps to the earliest timer. Nothing is ever really waited for.
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
    """The engine goes round and round without waiting."""


class Process:
    """One process of the system: its fibers die, freeze and go wrong together.

    Args:
        name: its host name.
        shift: what its own monotonic clock is ahead by, seconds.
    """

    def __init__(self, name: str, *, shift: float = 0.0) -> None:
        self.name = name
        self.shift = shift
        self.fibers: list[Fiber] = []
        self.is_dead = False
        self.frozen_until = float("-inf")
        #: Looks at the clock that are left before it freezes, and for how long it does.
        self.freeze_in: int | None = None
        self.freeze_seconds = 0.0


class Fiber(greenlet):
    """A thread of the engine's.

    Args:
        hub: where it returns to.
        process: whose it is.
        target: what it runs.
        name: for people.
    """

    def __init__(
        self, hub: greenlet, process: Process, target: Callable[[], None], name: str
    ) -> None:
        super().__init__(target, hub)
        self.process = process
        self.name = name
        self.epoch = 0
        #: Waited for at the next chance: a database answers this fiber late.
        self.owes = 0.0

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return not self.dead


class Scheduler:
    """Runs fibers in the order of their timers, and keeps the time."""

    def __init__(self) -> None:
        self.now = 0.0
        self.hub: greenlet = getcurrent()
        self.current: Process | None = None
        self.is_closing = False
        self.resumed = 0
        self._heap: list[tuple[float, int, Fiber | Callable[[], None], int]] = []
        self._n = 0
        self._moment, self._at_moment = 0.0, 0

    # --- timers --------------------------------------------------------------------------------

    def _push(self, at: float, what: Fiber | Callable[[], None], epoch: int) -> None:
        self._n += 1
        heapq.heappush(self._heap, (at, self._n, what, epoch))

    def call_at(self, at: float, work: Callable[[], None]) -> None:
        """Call a function of the harness at a moment."""
        self._push(at, work, -1)

    def spawn(self, process: Process, target: Callable[[], None], name: str) -> Fiber:
        """Start a fiber of a process."""
        fiber = Fiber(self.hub, process, target, name)
        process.fibers.append(fiber)
        self._push(self.now, fiber, 0)
        return fiber

    def make_ready(self, fiber: Fiber) -> None:
        """Have a waiting fiber go on now."""
        self._push(self.now, fiber, fiber.epoch)

    def suspend(self, until: float | None) -> None:
        """Let the current fiber wait until a moment, or until it is made ready."""
        fiber = getcurrent()
        assert isinstance(fiber, Fiber), "only fibers wait"
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
            raise Endless(f"{fiber.name} goes round at {self.now:.3f}")
        self.resumed += 1
        fiber.epoch += 1
        self.current = fiber.process
        try:
            fiber.switch()
        finally:
            self.current = None
        if fiber.dead:
            fiber.process.fibers.remove(fiber)

    def kill(self, process: Process) -> None:
        """End a process here and now; called from the hub."""
        process.is_dead = True
        for fiber in list(process.fibers):
            if not fiber.dead:
                self.current = process
                try:
                    fiber.throw(GreenletExit)
                finally:
                    self.current = None
        process.fibers.clear()

    # --- what takes the place of `clocks.local` ------------------------------------------------

    def elapsed(self) -> float:
        """Return the process's own clock; it may freeze right after it looked."""
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
        """Let a process stand still; the rest of the world goes on unless it cannot."""
        process.freeze_in = None
        self.on_freeze(process, process.freeze_seconds)
        if self.may_switch():
            process.frozen_until = self.now + process.freeze_seconds
            self.suspend(self.now)
        else:
            self.now += process.freeze_seconds  # it holds the database: so everybody waits

    def may_switch(self) -> bool:
        """Whether the current fiber may be left: not in a transaction. Set by the world."""
        return True

    def on_freeze(self, process: Process, seconds: float) -> None:
        """Told of each freeze. Set by the world."""

    def sleep(self, seconds: float) -> None:
        """Wait."""
        fiber = getcurrent()
        assert isinstance(fiber, Fiber)
        owed, fiber.owes = fiber.owes, 0.0
        self.suspend(self.now + max(0.0, seconds) + owed)

    def new_event(self) -> Event:
        """Return an event."""
        return Event(self)

    def start_thread(
        self, target: Callable[..., None], *, name: str, arguments: tuple[Any, ...] = ()
    ) -> ModelThread:
        """Start a fiber of the current process."""
        process = self.current
        assert process is not None, "threads are started by processes"
        done = Event(self)

        def run() -> None:
            try:
                self.guard(lambda: target(*arguments), name)
            finally:
                done.set()

        return ModelThread(self.spawn(process, run, name), done)

    def guard(self, work: Callable[[], None], name: str) -> None:
        """Run a fiber's work, and see what it dies of. Set by the world."""
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
        """Set it: who waits goes on."""
        self._is_set = True
        waiting, self._waiting = self._waiting, []
        for fiber in waiting:
            self._scheduler.make_ready(fiber)

    def clear(self) -> None:
        """Unset it."""
        self._is_set = False

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is set, or the time is over; return whether it is set."""
        if self._is_set:
            return True
        fiber = getcurrent()
        assert isinstance(fiber, Fiber), "only fibers wait"
        self._waiting.append(fiber)
        scheduler = self._scheduler
        scheduler.suspend(None if timeout is None else scheduler.now + max(0.0, timeout))
        if fiber in self._waiting:
            self._waiting.remove(fiber)
        return self._is_set


class ModelThread:
    """What `clocks.local.start_thread` returns."""

    def __init__(self, fiber: Fiber, done: Event) -> None:
        self._fiber, self._done = fiber, done

    def join(self, timeout: float | None = None) -> None:
        """Wait for its end."""
        self._done.wait(timeout)

    def is_alive(self) -> bool:
        """Whether it still runs."""
        return not self._done.is_set()

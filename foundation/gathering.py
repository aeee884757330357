"""Does one step for many callers at once: what they ask for within a moment goes into one call.

Thousands of lanes that open at the same time each need the same few statements. One of the callers
does the step for all that wait; the others wait for it. A caller that is alone does not wait.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from django.db import Error

from clocks import local
from foundation.failures import is_shared_failure

Item = TypeVar("Item")
Result = TypeVar("Result")

#: How long after a step began the next one waits for others, and the most items in one step.
GATHER_SECONDS, MOST = 0.05, 100
#: After a step for so many callers, more are on their way. Then the next step waits so many times
#: as long as that one took: what it costs to build a statement is shared by more.
CROWD, TIMES_AS_LONG = 8, 4
#: A step waits for the one before it, so that more come together; but no longer than this, seconds.
LONGEST_WAIT_SECONDS = 1.0


class AbandonedError(Exception):
    """The step was abandoned: the caller that did it for all ended first."""


class _Place(Generic[Item, Result]):
    """A caller's place: what it asks for, and what became of it."""

    __slots__ = ("alone", "done", "item", "leads", "problem", "results")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.results: list[Result] = []
        self.problem: Exception | None = None
        #: What the caller has to do itself: lead the next step, or do its own part alone.
        self.leads = self.alone = False
        self.done = local.new_event()

    def outcome(self) -> Result:
        """Return the result, or raise what the step raised."""
        if self.results:
            return self.results[0]
        raise self.problem or AbandonedError


class Gathering(Generic[Item, Result]):
    """One step, done for all callers of a moment together.

    A failure that all callers share (the database is away) is raised to each of them. After any
    other failure each caller does the step for itself alone, so that only the one it is about
    fails, and none waits for the others.

    Args:
        work: does the step; takes the items and returns their results in the same order. It may be
            called on several threads at once.
    """

    def __init__(self, work: Callable[[Sequence[Item]], Sequence[Result]]) -> None:
        self._work = work
        self._lock = threading.Lock()
        self._waiting: list[_Place[Item, Result]] = []
        self._is_led = False
        self._running = 0
        self._last_at = float("-inf")
        #: For how many the last step was, and how long it took, seconds.
        self._last_count, self._last_seconds = 0, 0.0
        #: Set when a step ended, or when as many wait as one step takes.
        self._changed = local.new_event()

    def do(self, item: Item) -> Result:
        """Do the step for an item, together with those of other callers; return its result."""
        place: _Place[Item, Result] = _Place(item)
        with self._lock:
            self._waiting.append(place)
            place.leads, self._is_led = not self._is_led, True
            is_full = len(self._waiting) >= MOST
        if is_full:
            self._changed.set()
        if not place.leads:
            place.done.wait()
        if place.leads:
            self._lead()
        if place.alone:
            return self._work([item])[0]
        return place.outcome()

    def _lead(self) -> None:
        """Wait for others, and do the step for all that one step takes."""
        places: Sequence[_Place[Item, Result]] = ()
        try:
            try:
                self._wait_for_others()
            finally:
                places = self._take()
            self._perform(places)
        finally:
            with self._lock:
                self._running -= 1
                self._last_seconds = local.elapsed() - self._last_at
            self._changed.set()
            for place in places:  # also those that are left if this thread is being ended
                place.done.set()

    def _take(self) -> Sequence[_Place[Item, Result]]:
        """Take the places of one step. If more wait, the first of those leads the next."""
        with self._lock:
            places, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            self._is_led = bool(self._waiting)
            self._running += 1
            self._last_at, self._last_count = local.elapsed(), len(places)
            following = self._waiting[0] if self._waiting else None
        if following is not None:
            following.leads = True
            following.done.set()
        return places

    def _wait_for_others(self) -> None:
        now = local.elapsed()
        latest = now + LONGEST_WAIT_SECONDS
        while len(self._waiting) < MOST and now < latest:
            gathered_at = self._last_at + self._pause
            if now >= gathered_at and not self._running:
                return
            until = min(gathered_at, latest) if now < gathered_at else latest
            self._changed.wait(until - now)
            self._changed.clear()
            now = local.elapsed()

    @property
    def _pause(self) -> float:
        """How long after the last step began the next one waits for others, seconds."""
        if self._last_count < CROWD or self._running:
            return GATHER_SECONDS  # what the step took is known, and looked at, when it ends
        return max(GATHER_SECONDS, TIMES_AS_LONG * self._last_seconds)

    def _perform(self, places: Sequence[_Place[Item, Result]]) -> None:
        try:
            results = self._work([place.item for place in places])
        except Exception as problem:
            is_alone = len(places) > 1 and _may_be_about_one(problem)
            for place in places:
                place.problem, place.alone = problem, is_alone
        else:
            for place, result in zip(places, results, strict=True):
                place.results = [result]


def _may_be_about_one(problem: Exception) -> bool:
    """Return whether a failure may concern one item only: its data, or a lock on its row."""
    if isinstance(problem, Error) and _sqlstate(problem)[:2] == "40":
        return True  # a deadlock: another transaction wanted the same row
    return not is_shared_failure(problem)


def _sqlstate(problem: Error) -> str:
    return getattr(problem.__cause__, "sqlstate", None) or ""

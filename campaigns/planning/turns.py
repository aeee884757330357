"""Two threads that plan the chunks of one run in turns, each over a connection of its own.

Choosing the accounts of a chunk runs beside writing the chunk before it. Chunks are chosen one
after another, and written one after another in the same order. If one fails, none after it is
written.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from typing import TypeAlias

from django.db import Error, connection

from clocks import local


class Abandoned(Exception):
    """A chunk is not written, because one before it was not."""


class Turn:
    """The right to plan one chunk.

    Attributes:
        behind: the contact after whom it begins.
        previous: where the chunk before it begins; None for the first.
    """

    def __init__(self, turns: Turns, number: int, behind: int, previous: int | None) -> None:
        self.behind = behind
        self.previous = previous
        self._turns = turns
        self._number = number

    def chosen(self, through: int | None) -> None:
        """Let the next chunk be chosen, behind this contact; None: there is none after this one."""
        self._turns.chosen(self._number, self.behind, through)

    def wait(self) -> None:
        """Wait until the chunk before this one is written.

        Raises:
            Abandoned: it will not be.
        """
        self._turns.wait(self._number)

    def written(self) -> None:
        """Let the chunk after this one be written."""
        self._turns.written(self._number)


#: Plans one chunk: chooses, lets the next one be chosen, waits for the one before, and writes.
Work: TypeAlias = Callable[[Turn], None]


class Turns:
    """Gives threads their turns to choose and to write the chunks of one run.

    Args:
        work: plans one chunk.
        behind: the contact after whom the first chunk begins.
        pause_every: after so many chunks the next one is chosen only when all before it are
            written; 0: never.
    """

    def __init__(self, work: Work, *, behind: int, pause_every: int = 0) -> None:
        self._work = work
        self._pause_every = pause_every
        self._changed = threading.Condition()
        #: Where the next chunk begins, and the one before it. None: no further one is chosen.
        self._behind: int | None = behind
        self._previous: int | None = None
        self._is_choosing = False
        self._next = 0
        self._written = 0
        self._problem: BaseException | None = None
        # In a transaction of the caller, another connection would not see what was written.
        self._may_have_help = not connection.in_atomic_block
        #: The second thread, once it has a connection and plans.
        self._helper: threading.Thread | None = None

    def run(self) -> None:
        """Plan chunk after chunk; from the second one on in two threads, if possible.

        Raises:
            BaseException: what ended the planning early, in either thread. What was not written
                before it is not written.
        """
        self._plan()
        with self._changed:
            helper = self._helper
        if helper is not None:  # not if it still waits for a connection: it will find no turn
            helper.join()
        if self._problem is not None:
            raise self._problem

    def chosen(self, number: int, behind: int, through: int | None) -> None:
        """See `Turn.chosen`."""
        with self._changed:
            self._next, self._behind, self._previous = number + 1, through, behind
            if through is None or not self._pauses_after(number):
                self._is_choosing = False
            needs_help = through is not None and self._may_have_help
            if needs_help:
                self._may_have_help = False  # before the thread comes here itself
            self._changed.notify_all()
        if needs_help:
            local.start_thread(copy_context().run, name="planner", arguments=(self._help,))

    def wait(self, number: int) -> None:
        """See `Turn.wait`."""
        with self._changed:
            self._changed.wait_for(lambda: self._problem is not None or self._written == number)
            if self._problem is not None:
                raise Abandoned

    def written(self, number: int) -> None:
        """See `Turn.written`."""
        with self._changed:
            self._written = number + 1
            if self._pauses_after(number):
                self._is_choosing = False
            self._changed.notify_all()

    def _plan(self) -> None:
        try:
            with unchecked_keys():
                while (turn := self._take()) is not None:
                    self._work(turn)
        except BaseException as problem:  # raised again in the first thread
            with self._changed:
                self._problem = self._problem or problem
                self._changed.notify_all()

    def _help(self) -> None:
        try:
            connection.ensure_connection()
        except Error:
            return  # all connections of the process are in use: the first thread plans alone
        try:
            with self._changed:
                if self._is_over():
                    return
                self._helper = threading.current_thread()
            self._plan()
        finally:
            connection.close()

    def _take(self) -> Turn | None:
        """Wait for the turn to choose a chunk; return None when none is left to choose."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_over() or not self._is_choosing)
            if self._is_over() or self._behind is None:
                return None
            self._is_choosing = True
            return Turn(self, self._next, self._behind, self._previous)

    def _is_over(self) -> bool:
        return self._behind is None or self._problem is not None

    def _pauses_after(self, number: int) -> bool:
        return bool(self._pause_every) and (number + 1) % self._pause_every == 0


@contextmanager
def unchecked_keys() -> Iterator[None]:
    """Switch off SQLite's check of foreign keys for this thread's connection, inside the context.

    A chunk refers to rows that its own transaction looks up, and no other writer removes them
    before its end (decision 0063).
    """
    with connection.constraint_checks_disabled():
        yield


_planned_here: set[int] = set()
_changing = threading.Lock()


@contextmanager
def only_planner(run_id: int) -> Iterator[bool]:
    """Yield whether no other thread of this process plans a run.

    A second planner would be no faster: it would choose the people whom the first one writes, and
    a tick that waited for a large plan would keep a thread of the jobs worker from everything else.
    """
    with _changing:
        is_only = run_id not in _planned_here
        _planned_here.add(run_id)
    try:
        yield is_only
    finally:
        if is_only:
            with _changing:
                _planned_here.discard(run_id)

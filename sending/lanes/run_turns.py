"""The choice of the run whose message an account sends next: by priority and by the runs' rates.

Runs share an account by stride scheduling (Waldspurger and Weihl, 1995). Each message of a run adds
a stride to its position; the stride is longer the lower the run's priority. The run with the lowest
position is next, so none starves. Only messages that were marked count, not those that were read.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from accounts.pacing import limits
from clocks import local
from sending.states import URGENT

#: Divisible by every priority below URGENT, so that strides are whole numbers.
_STRIDES = 840
#: How often the lanes of a process try for each free place in a rate. Once would not suffice: the
#: lane whose turn comes may be waiting for its own slot, and another process may take the place
#: first.
_TRIES_PER_PLACE = 2
#: The longest wait of a lane for its turn, seconds, because the lanes before it may have ended.
LONGEST_TURN_SECONDS = 60.0


class Sharing(Protocol):
    """The part of a run that the sharing of an account needs."""

    @property
    def id(self) -> int: ...
    @property
    def priority(self) -> int: ...
    @property
    def per_minute(self) -> int | None: ...


Item = TypeVar("Item")
AnyRun = TypeVar("AnyRun", bound=Sharing)


class RateTurns:
    """The times at which the lanes of one process try for a place in a run's rate, one by one.

    Without turns, all lanes of a run at its rate would ask for each place that becomes free.
    """

    def __init__(self) -> None:
        self._last: dict[int, float] = {}

    def take(self, *, run_id: int, per_minute: int, seconds: float) -> float:
        """Return when to try again, on `clocks.local.elapsed`.

        Args:
            run_id: the run.
            per_minute: its rate.
            seconds: when the next place becomes free.
        """
        now = local.elapsed()
        queued = min(self._last.get(run_id, 0.0), now + LONGEST_TURN_SECONDS)
        turn = max(now + seconds, queued)
        self._last[run_id] = turn + limits.MINUTE / (_TRIES_PER_PLACE * per_minute)
        return turn

    def forget(self, run_id: int) -> None:
        """Forget the turns of a run that ended or has another rate."""
        self._last.pop(run_id, None)


class RunTurns:
    """One account's turns among the runs.

    Args:
        rates: the turns of this process's lanes in the runs' own rates.
    """

    def __init__(self, rates: RateTurns | None = None) -> None:
        self._rates = rates if rates is not None else RateTurns()
        #: The position of each run, and the position from which the latest message was sent.
        self._positions: dict[int, int] = {}
        self._now_at = 0
        #: Run id -> (when to try for a place in its rate again, that rate).
        self._held: dict[int, tuple[float, int | None]] = {}

    def hold(self, run: Sharing, *, seconds: float) -> None:
        """Leave a run out until its turn in its own rate, which is used up for so many seconds."""
        assert run.per_minute is not None
        until = self._rates.take(run_id=run.id, per_minute=run.per_minute, seconds=seconds)
        self._held[run.id] = (until, run.per_minute)

    def is_held(self, run: Sharing) -> bool:
        """Return whether a run waits for its rate. A changed rate ends the wait."""
        until, per_minute = self._held.get(run.id, (0.0, None))
        return until > local.elapsed() and per_minute == run.per_minute

    def may_send(self, run: Sharing | None) -> bool:
        """Return whether a run is running and does not wait for its own rate."""
        return run is not None and not self.is_held(run)

    def seconds_held(self, runs: Iterable[Sharing]) -> float | None:
        """Return the seconds until the first of the runs that are held has its turn, or None."""
        held = [self._held[run.id][0] for run in runs if self.is_held(run)]
        return max(0.0, min(held) - local.elapsed()) if held else None

    def note_marked(self, run: Sharing) -> None:
        """Count a message of a run."""
        if run.priority >= URGENT:
            return  # it goes before all others, so its messages do not count against it later
        self._now_at = max(self._now_at, self._positions.get(run.id, self._now_at))
        self._positions[run.id] = self._now_at + _STRIDES // run.priority

    def shares(self, runs: Sequence[AnyRun], *, limit: int) -> dict[int, int]:
        """Return how many deliveries of each run to read: at least one, about `limit` in all."""
        weights = sum(run.priority for run in runs if run.priority < URGENT)
        return {
            run.id: limit if run.priority >= URGENT else max(1, -(-limit * run.priority // weights))
            for run in runs
        }

    def in_turn(
        self, read: Mapping[int, Sequence[Item]], *, runs: Sequence[AnyRun], may_have_more: set[int]
    ) -> list[Item]:
        """Return the deliveries that were read, in the order in which they are sent.

        The result ends before the turn of a run of which more deliveries must be read first.

        Args:
            read: what was read, by run id.
            runs: the runs.
            may_have_more: the runs that have further deliveries.
        """
        left = {run.id: deque(read[run.id]) for run in runs}
        positions = {
            run.id: max(self._positions.get(run.id, self._now_at), self._now_at) for run in runs
        }
        taken: list[Item] = []
        waiting = [run for run in runs if left[run.id]]
        while waiting:
            run = min(waiting, key=lambda one: (one.priority < URGENT, positions[one.id], one.id))
            taken.append(left[run.id].popleft())
            positions[run.id] += _STRIDES // run.priority
            if left[run.id]:
                continue
            if run.id in may_have_more and len(waiting) > 1:
                break
            waiting.remove(run)
        return taken

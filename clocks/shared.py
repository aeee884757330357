"""The shared time: one clock for all processes on all hosts, kept by the database.

It is the database's wall clock plus a correction. Each process samples it every few seconds and
counts on with its own monotonic clock in between. So asking for the time costs no query, and the
wall clock of the process's host has no effect.

The database's clock can step (an administrator, NTP after a boot, a switchover to another server).
*Observers*, the processes of the engine, sample it every two seconds and compare it with their own
monotonic clocks. An observer that finds it more than STEP_SECONDS off changes the correction, so
that the shared time continues evenly. The change is a compare-and-set on the generation: if several
observers see the same step, one corrects it and the others adopt what it wrote.

Use `now` for what waits, rests, ages or expires, and `wall` for what people read or write on a
calendar (windows of the day, schedules, records). See docs/decisions/0016.
"""

from __future__ import annotations

import logging
import socket
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, InterfaceError

from clocks import local
from clocks.models import HostClock, SharedClock
from clocks.samples import (
    Sample,
    confirm,
    take_sample,
    time_after_pause,
    time_by_observer,
    trusted_time,
)

log = logging.getLogger(__name__)

#: A sample that took longer, in seconds, is too imprecise to judge a step by.
LONGEST_SAMPLE_SECONDS = 1.0
#: How often an observer samples, seconds.
OBSERVE_SECONDS = 2.0
#: Age of the last sample after which another process takes a new one, seconds.
REFRESH_SECONDS = 5.0
#: How long a starting observer waits for another to confirm the row, seconds.
CONFIRMATION_SECONDS = 3.0
#: How much two monotonic clocks may drift apart, seconds a second.
DRIFT = 0.0005
#: The console names hosts whose clocks differ from the database's by more than this, seconds.
WORTH_TELLING_SECONDS = 5.0
#: A host's offset is stored again when it changed by more than this, seconds.
_WORTH_NOTING_SECONDS = 1.0
#: An unchanged offset is stored again after this time, seconds.
NOTE_AGAIN_SECONDS = 600.0
#: An offset that was not stored again for this long is out of date, seconds: the host has stopped,
#: or it was started again and has another row.
OFFSET_VALID_SECONDS = 3 * NOTE_AGAIN_SECONDS


@dataclass(frozen=True, slots=True)
class _Base:
    """The moment from which this process counts on.

    Attributes:
        at: the moment, on this process's clock.
        shared: the shared time at that moment, or up to `uncertainty` more; never less.
        wall: the database's clock at that moment.
        uncertainty: by how much `shared` may be too late, seconds.
        generation: the generation of the correction in `shared`.
    """

    at: float
    shared: datetime
    wall: datetime
    uncertainty: float
    generation: int


class Clock:
    """One process's view of the shared time."""

    def __init__(self) -> None:
        self._base: _Base | None = None
        #: Whether the base is a guess that no observer confirmed. A process that begins to observe
        #: must not correct the clock of all others by it.
        self._is_guess = False
        self._asking = threading.Lock()
        #: The offset of this host's wall clock as last stored, and when it was, on `local.elapsed`.
        self._noted: tuple[float, float] | None = None

    # --- the time -----------------------------------------------------------------------------

    def now(self) -> datetime:
        """Return the latest possible shared time: exact, or milliseconds too late."""
        base = self._fresh_base()
        return base.shared + timedelta(seconds=local.elapsed() - base.at)

    def earliest(self) -> datetime:
        """Return the earliest possible shared time: exact, or a little too early."""
        base = self._fresh_base()
        since = local.elapsed() - base.at
        return base.shared + timedelta(seconds=since * (1 - DRIFT) - base.uncertainty)

    def wall(self) -> datetime:
        """Return the database's wall clock, counted on from the last sample."""
        base = self._fresh_base()
        return base.wall + timedelta(seconds=local.elapsed() - base.at)

    def as_wall(self, at: datetime) -> datetime:
        """Convert a moment of the shared time to the database's wall clock."""
        base = self._fresh_base()
        return at - (base.shared - base.wall)

    def from_wall(self, at: datetime) -> datetime:
        """Convert a moment of the database's wall clock to the shared time."""
        base = self._fresh_base()
        return at + (base.shared - base.wall)

    # --- sampling -----------------------------------------------------------------------------

    def _fresh_base(self) -> _Base:
        """Return a base no older than REFRESH_SECONDS, or the last one while none can be had."""
        base = self._base
        if base is not None and local.elapsed() - base.at < REFRESH_SECONDS:
            return base
        if base is not None and not self._asking.acquire(blocking=False):
            return base  # another thread takes a sample; the last one is good a little longer
        try:
            self._refresh()
        except (DatabaseError, InterfaceError):
            if self._base is None:
                raise
            self._postpone()
        finally:
            if base is not None:
                self._asking.release()
        assert self._base is not None
        return self._base

    def _refresh(self) -> None:
        """Take a sample and count on from it, unless it shows a step.

        A base that was guessed while no observer ran is replaced as soon as one runs again.
        """
        sample = take_sample()
        base = self._base
        if base is None:
            found = trusted_time(sample) or time_by_observer(sample)
            self._adopt(sample, found or time_after_pause(sample))
            self._is_guess = found is None
        elif self._is_guess and (found := trusted_time(sample) or time_by_observer(sample)):
            self._adopt(sample, found)
            self._is_guess = False
        elif sample.generation != base.generation or abs(self._off_by(sample)) <= sample.slack:
            self._follow(sample)
        else:
            self._postpone()  # a step: an observer corrects it in a moment

    def observe(self) -> None:
        """Compare the database's clock with this process's, and correct a step.

        Each process of the engine calls this every OBSERVE_SECONDS.

        Raises:
            DatabaseError, InterfaceError: the database does not answer; the caller tries again.
        """
        if self._base is None or self._is_guess:
            self._begin_to_observe()
        sample = take_sample()
        base = self._base
        assert base is not None
        if sample.took > LONGEST_SAMPLE_SECONDS:
            return  # this process or the database was paused in between
        if sample.row is not None and sample.generation != base.generation:
            self._follow(sample)
        elif abs(self._off_by(sample)) <= sample.slack:
            self._follow(sample)
            confirm(sample)
        else:
            self._correct(sample)
        self._note_host(sample)

    def _begin_to_observe(self) -> None:
        """Find the shared time when an observer starts."""
        deadline = local.elapsed() + CONFIRMATION_SECONDS
        while True:
            sample = take_sample()
            found = trusted_time(sample) or time_by_observer(sample)
            if found is None and sample.row is not None and local.elapsed() < deadline:
                local.sleep(0.2)  # after a step, a running observer corrects the row meanwhile
                continue
            self._adopt(sample, found or time_after_pause(sample))
            self._is_guess = False
            return

    def _correct(self, sample: Sample) -> None:
        """Change the correction so that the shared time continues as if there were no step."""
        step = self._off_by(sample)
        changed = SharedClock.objects.filter(
            pk=SharedClock.THE_ONE, generation=sample.generation
        ).update(
            correction=sample.correction.total_seconds() - step,
            generation=sample.generation + 1,
            observed_at=sample.wall,
            observer=local.boot_identity(),
            observer_elapsed=sample.asked,
        )
        if not changed and sample.row is None:
            confirm(sample, correction=-step)
        base = self._base
        assert base is not None
        log.warning("The database's clock stepped by %+.1f s: the shared time goes on.", step)
        if changed:
            self._base = _Base(
                sample.asked,
                base.shared + timedelta(seconds=sample.asked - base.at),
                sample.wall,
                base.uncertainty + (sample.asked - base.at) * DRIFT,
                sample.generation + 1,
            )

    def _off_by(self, sample: Sample) -> float:
        """Return how far a sample's shared time is ahead of this process's count, in seconds."""
        base = self._base
        assert base is not None
        counted = base.shared + timedelta(seconds=(sample.asked + sample.answered) / 2 - base.at)
        return (sample.shared - counted).total_seconds()

    def _adopt(self, sample: Sample, shared: datetime) -> None:
        """Count on from a sample, with the shared time found for it."""
        self._base = _Base(sample.asked, shared, sample.wall, sample.took, sample.generation)

    def _follow(self, sample: Sample) -> None:
        """Count on from a sample, unless the count so far is more precise."""
        base = self._base
        assert base is not None
        aged = base.uncertainty + (sample.asked - base.at) * DRIFT
        if sample.took <= max(aged, 0.01) or sample.generation != base.generation:
            self._adopt(sample, sample.shared)
        else:
            self._postpone(wall=sample.wall)

    def _postpone(self, *, wall: datetime | None = None) -> None:
        """Move the base to the present moment by counting, without a new sample."""
        base, at = self._base, local.elapsed()
        assert base is not None
        since = at - base.at
        self._base = _Base(
            at,
            base.shared + timedelta(seconds=since),
            wall or base.wall + timedelta(seconds=since),
            base.uncertainty + since * DRIFT,
            base.generation,
        )

    def _note_host(self, sample: Sample) -> None:
        """Store how far this host's wall clock is ahead of the database's, if that is due."""
        ahead = (local.host_wall() - sample.wall).total_seconds() - sample.took / 2
        if self._noted is not None:
            noted, noted_at = self._noted
            is_same = abs(ahead - noted) < _WORTH_NOTING_SECONDS
            if is_same and sample.asked - noted_at < NOTE_AGAIN_SECONDS:
                return
        host: dict[str, Any] = {"hostname": socket.gethostname(), "boot": local.boot_identity()}
        since = None
        if abs(ahead) >= WORTH_TELLING_SECONDS:
            earlier = HostClock.objects.filter(**host).values_list("wrong_since", flat=True).first()
            since = earlier or sample.wall
        _row, is_new = HostClock.objects.update_or_create(
            **host, defaults={"ahead_seconds": ahead, "seen_at": sample.wall, "wrong_since": since}
        )
        if is_new:
            out_of_date = sample.wall - timedelta(seconds=OFFSET_VALID_SECONDS)
            HostClock.objects.filter(seen_at__lt=out_of_date).delete()
        self._noted = ahead, sample.asked


#: The clock of this process.
_clock = Clock()
now = _clock.now
earliest = _clock.earliest
wall = _clock.wall
as_wall = _clock.as_wall
from_wall = _clock.from_wall
observe = _clock.observe

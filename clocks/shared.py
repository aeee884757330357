"""The shared time: one clock for all processes on all hosts, carried by the database.

It is the database's wall clock plus a correction. Each process asks for it now and then and counts
on with its own monotonic clock in between, so asking for the time costs no query, and the wall
clock of the process's host has no say.

The database's clock can step (an administrator, NTP after a boot, a switchover to another server).
*Observers*, the processes of the engine, ask every two seconds and compare with their own monotonic
clocks. One that finds the database's clock more than STEP_SECONDS from where it must be changes
the correction, so that the shared time goes on as if nothing had happened. The change is a
compare-and-set on the generation: of several observers that see the same step one corrects it, and
the others take over what it wrote.

Two questions, two answers: `now` for what waits, rests, ages or expires; `wall` for what people
read or wrote on a calendar (windows of the day, schedules, records). See docs/decisions/0016.
"""

from __future__ import annotations

import logging
import socket
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import DatabaseError, InterfaceError, connection

from clocks import local
from clocks.models import HostClock, SharedClock

log = logging.getLogger(__name__)

#: A difference up to this is followed (drift, a slewing NTP, the way to the database); a larger one
#: is a step of the database's clock, and corrected.
STEP_SECONDS = 1.0
#: An answer that took longer says too little about when it was true.
LONGEST_ASKING_SECONDS = 1.0
#: How often observers ask, and after how long anybody else asks again, seconds.
OBSERVE_SECONDS, REFRESH_SECONDS = 2.0, 5.0
#: The row is trusted without a comparison when an observer found it in step this lately, seconds.
#: A step back is seen by the row's being from the future.
TRUSTED_SECONDS, FUTURE_SECONDS = 10.0, 1.0
#: How long an observer that just started waits for another to confirm the row, seconds.
PATIENCE_SECONDS = 3.0
#: How much two monotonic clocks may drift apart, seconds a second.
DRIFT = 0.0005
#: Added when nobody can tell how long nobody watched: whatever waited then has waited long enough.
LEAP = timedelta(hours=1)
#: Hosts whose clocks differ by more than this are named in the console, seconds.
WORTH_TELLING_SECONDS = 5.0
#: Offsets are written down when they changed by more than this, seconds.
_WORTH_NOTING_SECONDS = 1.0

# One statement, so that the row and the clock belong together.
_ASK = """
SELECT {clock}, c.correction, c.generation, c.observed_at, c.observer, c.observer_elapsed
  FROM (SELECT 1 AS one) o LEFT JOIN clocks_sharedclock c ON c.id = o.one
"""


@dataclass(frozen=True, slots=True)
class _Sample:
    """What the database answered.

    Attributes:
        asked, answered: on this process's clock; the answer was true at a moment in between.
        wall: the database's clock.
        row: the shared clock's row, or None before the first observer.
    """

    asked: float
    answered: float
    wall: datetime
    row: SharedClock | None

    @property
    def took(self) -> float:
        return self.answered - self.asked

    @property
    def correction(self) -> timedelta:
        return timedelta(seconds=self.row.correction if self.row else 0.0)

    @property
    def generation(self) -> int:
        return self.row.generation if self.row else 0

    @property
    def shared(self) -> datetime:
        """The shared time by the row as it is."""
        return self.wall + self.correction


@dataclass(frozen=True, slots=True)
class _Base:
    """From where this process counts on.

    Attributes:
        at: on this process's clock.
        shared: the shared time then, or a little more: never less.
        wall: the database's clock then.
        uncertainty: how much more it may be, seconds.
        generation: of the correction it was made with.
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
        self._asking = threading.Lock()
        self._noted: float | None = None

    # --- the time -----------------------------------------------------------------------------

    def now(self) -> datetime:
        """Return the shared time; never less than it is, and more by milliseconds at most."""
        base = self._fresh_base()
        return base.shared + timedelta(seconds=local.elapsed() - base.at)

    def earliest(self) -> datetime:
        """Return the shared time; never more than it is."""
        base = self._fresh_base()
        since = local.elapsed() - base.at
        return base.shared + timedelta(seconds=since * (1 - DRIFT) - base.uncertainty)

    def wall(self) -> datetime:
        """Return the database's wall clock, as it was last told."""
        base = self._fresh_base()
        return base.wall + timedelta(seconds=local.elapsed() - base.at)

    def as_wall(self, at: datetime) -> datetime:
        """Return a moment of the shared time as the database's wall clock tells it."""
        base = self._fresh_base()
        return at - (base.shared - base.wall)

    def from_wall(self, at: datetime) -> datetime:
        """Return a moment of the database's wall clock in the shared time."""
        base = self._fresh_base()
        return at + (base.shared - base.wall)

    # --- asking -------------------------------------------------------------------------------

    def _fresh_base(self) -> _Base:
        base = self._base
        if base is not None and local.elapsed() - base.at < REFRESH_SECONDS:
            return base
        if base is not None and not self._asking.acquire(blocking=False):
            return base  # another thread is asking; what is known is good for a while
        try:
            self._ask_again()
        except (DatabaseError, InterfaceError):
            if self._base is None:
                raise
            self._postpone()
        finally:
            if base is not None:
                self._asking.release()
        assert self._base is not None
        return self._base

    def _ask_again(self) -> None:
        """Take over what the row says, as far as it can be trusted."""
        sample = _ask()
        base = self._base
        if base is None:
            self._adopt(sample, _trusted(sample) or _by_observer(sample) or _after_a_pause(sample))
        elif sample.generation != base.generation or abs(self._off_by(sample)) <= _slack(sample):
            self._follow(sample)
        else:
            self._postpone()  # a step: an observer corrects it in a moment

    def observe(self) -> None:
        """Ask the database's clock, compare it, and correct what stepped.

        Called every OBSERVE_SECONDS by each process of the engine.

        Raises:
            DatabaseError, InterfaceError: the database does not answer; it is asked again.
        """
        if self._base is None:
            self._begin_to_observe()
        sample = _ask()
        base = self._base
        assert base is not None
        if sample.took > LONGEST_ASKING_SECONDS:
            return  # this process or the database stood still meanwhile
        if sample.row is not None and sample.generation != base.generation:
            self._follow(sample)
        elif abs(self._off_by(sample)) <= _slack(sample):
            self._follow(sample)
            _write_down(sample)
        else:
            self._correct(sample)
        self._note_host(sample)

    def _begin_to_observe(self) -> None:
        """Find the time at the start of an observer."""
        deadline = local.elapsed() + PATIENCE_SECONDS
        while True:
            sample = _ask()
            found = _trusted(sample) or _by_observer(sample)
            if found is None and sample.row is not None and local.elapsed() < deadline:
                local.sleep(0.2)  # the database's clock may have stepped: let who saw it say so
                continue
            self._adopt(sample, found or _after_a_pause(sample))
            return

    def _correct(self, sample: _Sample) -> None:
        """Let the shared time go on as if the database's clock had not stepped."""
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
            _write_down(sample, correction=-step)
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

    def _off_by(self, sample: _Sample) -> float:
        """Return by how much the row's time is ahead of where this process has counted to."""
        base = self._base
        assert base is not None
        counted = base.shared + timedelta(seconds=(sample.asked + sample.answered) / 2 - base.at)
        return (sample.shared - counted).total_seconds()

    def _adopt(self, sample: _Sample, shared: datetime) -> None:
        self._base = _Base(sample.asked, shared, sample.wall, sample.took, sample.generation)

    def _follow(self, sample: _Sample) -> None:
        """Count on from this answer, unless an earlier one is better known still."""
        base = self._base
        assert base is not None
        aged = base.uncertainty + (sample.asked - base.at) * DRIFT
        if sample.took <= max(aged, 0.01) or sample.generation != base.generation:
            self._adopt(sample, sample.shared)
        else:
            self._postpone(wall=sample.wall)

    def _postpone(self, *, wall: datetime | None = None) -> None:
        """Count on from the present moment with what is known."""
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

    def _note_host(self, sample: _Sample) -> None:
        """Write down how far this host's wall clock is from the database's."""
        ahead = (local.host_wall() - sample.wall).total_seconds() - sample.took / 2
        if self._noted is not None and abs(ahead - self._noted) < _WORTH_NOTING_SECONDS:
            return
        HostClock.objects.update_or_create(
            hostname=socket.gethostname(),
            defaults={"ahead_seconds": ahead, "seen_at": sample.wall},
        )
        self._noted = ahead


def _ask() -> _Sample:
    """Ask the database for its clock and the row."""
    is_postgresql = connection.vendor == "postgresql"
    statement = _ASK.format(clock="clock_timestamp()" if is_postgresql else "NULL")
    asked = local.elapsed()
    with connection.cursor() as cursor:
        cursor.execute(statement)
        wall, correction, generation, observed_at, observer, observer_elapsed = cursor.fetchone()
    if not is_postgresql:
        # SQLite has no clock but its host's. It keeps times without their zone.
        wall = local.host_wall()
        observed_at = observed_at and observed_at.replace(tzinfo=UTC)
    answered = local.elapsed()
    row = None
    if generation is not None:
        row = SharedClock(
            correction=correction,
            generation=generation,
            observed_at=observed_at,
            observer=observer,
            observer_elapsed=observer_elapsed,
        )
    return _Sample(asked, answered, wall, row)


def _slack(sample: _Sample) -> float:
    return STEP_SECONDS + sample.took


def _trusted(sample: _Sample) -> datetime | None:
    """Return the shared time if an observer found the database's clock in step a moment ago."""
    if sample.row is None:
        return sample.shared
    since = (sample.wall - sample.row.observed_at).total_seconds()
    return sample.shared if -FUTURE_SECONDS <= since <= TRUSTED_SECONDS else None


def _by_observer(sample: _Sample) -> datetime | None:
    """Return the shared time by an observer that ran on this machine since its boot."""
    row, here = sample.row, local.boot_identity()
    if row is None or not here or row.observer != here:
        return None
    since = timedelta(seconds=sample.asked - row.observer_elapsed)
    return row.observed_at + sample.correction + since


def _after_a_pause(sample: _Sample) -> datetime:
    """Return the shared time when nobody has watched the database's clock for a while.

    Of the two times it may be, the later: an attempt taken for older than it is ends as unknown,
    one taken for younger reaches somebody twice. If even that is before the time last seen, the
    database's clock was set back while nobody watched, and nobody knows how long that was.
    """
    assert sample.row is not None
    found = max(sample.wall, sample.shared)
    last_seen = sample.row.observed_at + sample.correction
    return found if found >= last_seen else last_seen + LEAP


def _write_down(sample: _Sample, *, correction: float = 0.0) -> None:
    """Note that the database's clock was in step just now."""
    seen = {
        "observed_at": sample.wall,
        "observer": local.boot_identity(),
        "observer_elapsed": sample.asked,
    }
    if sample.row is None:
        SharedClock.objects.get_or_create(
            pk=SharedClock.THE_ONE, defaults={**seen, "correction": correction}
        )
        return
    SharedClock.objects.filter(pk=SharedClock.THE_ONE, generation=sample.generation).update(**seen)


#: This process's view.
_clock = Clock()
now = _clock.now
earliest = _clock.earliest
wall = _clock.wall
as_wall = _clock.as_wall
from_wall = _clock.from_wall
observe = _clock.observe

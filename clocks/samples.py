"""A sample of the database's clock, and the shared time that follows from it.

A sample is one answer of the database: its wall clock, and the shared clock's row read in the same
statement. `clocks.shared` takes samples and decides what to do with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection

from clocks import local
from clocks.models import SharedClock

#: A difference up to this many seconds is followed (drift, a slewing NTP, the time of the query).
#: A larger one is a step of the database's clock, and is corrected.
STEP_SECONDS = 1.0
#: The row is trusted without a comparison if an observer confirmed it within this many seconds.
TRUSTED_SECONDS = 10.0
#: If the row is dated further ahead of the database's clock than this, in seconds, the clock was
#: set back.
FUTURE_SECONDS = 1.0
#: Added when the database's clock was set back while no observer ran, because the length of that
#: time is unknown: everything that waited has then waited long enough.
LEAP = timedelta(hours=1)

# One statement, so that the row and the clock belong together.
_ASK = """
SELECT {clock}, c.correction, c.generation, c.observed_at, c.observer, c.observer_elapsed
  FROM (SELECT 1 AS one) o LEFT JOIN clocks_sharedclock c ON c.id = o.one
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """One answer of the database.

    Attributes:
        asked, answered: when, on this process's clock; the answer was true at a moment in between.
        wall: the database's clock.
        row: the shared clock's row; None before the first observer wrote it.
    """

    asked: float
    answered: float
    wall: datetime
    row: SharedClock | None

    @property
    def took(self) -> float:
        """Seconds from the question to the answer."""
        return self.answered - self.asked

    @property
    def correction(self) -> timedelta:
        """What the row adds to the database's clock."""
        return timedelta(seconds=self.row.correction if self.row else 0.0)

    @property
    def generation(self) -> int:
        """The generation of that correction."""
        return self.row.generation if self.row else 0

    @property
    def shared(self) -> datetime:
        """The shared time by the row as it is."""
        return self.wall + self.correction

    @property
    def slack(self) -> float:
        """Seconds that this sample may be off without a step of the database's clock."""
        return STEP_SECONDS + self.took


def take_sample() -> Sample:
    """Ask the database for its clock and the shared clock's row.

    Raises:
        DatabaseError, InterfaceError: the database does not answer.
    """
    is_postgresql = connection.vendor == "postgresql"
    statement = _ASK.format(clock="clock_timestamp()" if is_postgresql else "NULL")
    asked = local.elapsed()
    with connection.cursor() as cursor:
        cursor.execute(statement)
        wall, correction, generation, observed_at, observer, observer_elapsed = cursor.fetchone()
    if not is_postgresql:
        # SQLite has no clock of its own, so the host's is used. It stores times without a zone.
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
    return Sample(asked, answered, wall, row)


def trusted_time(sample: Sample) -> datetime | None:
    """Return the shared time if an observer confirmed the row a moment ago, else None."""
    if sample.row is None:
        return sample.shared
    since = (sample.wall - sample.row.observed_at).total_seconds()
    return sample.shared if -FUTURE_SECONDS <= since <= TRUSTED_SECONDS else None


def time_by_observer(sample: Sample) -> datetime | None:
    """Return the shared time counted from the observer's clock, if that is this machine's.

    Returns:
        None unless the observer that wrote the row ran on this machine since its last boot.
    """
    row, here = sample.row, local.boot_identity()
    if row is None or not here or row.observer != here:
        return None
    since = timedelta(seconds=sample.asked - row.observer_elapsed)
    return row.observed_at + sample.correction + since


def time_after_pause(sample: Sample) -> datetime:
    """Return the shared time after a pause in which no observer ran.

    The row's correction may be out of date. So the time is either that of the database's clock or
    that clock corrected. The later one is taken: too late a time makes an open attempt end as
    unknown, but too early a time could send a message twice. If both are before the time last
    observed, the database's clock was set back during the pause. Then LEAP is added to the time
    last observed.
    """
    assert sample.row is not None
    later = max(sample.wall, sample.shared)
    last_seen = sample.row.observed_at + sample.correction
    return later if later >= last_seen else last_seen + LEAP


def confirm(sample: Sample, *, correction: float = 0.0) -> None:
    """Record in the row that the database's clock was not set; create the row if there is none.

    Args:
        sample: the sample that showed it.
        correction: of a row that is created, in seconds.
    """
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

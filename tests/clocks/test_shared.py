"""The shared time goes on evenly, whatever the database's clock and the hosts' clocks do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from clocks import local, shared
from clocks.models import HostClock, SharedClock
from clocks.shared import Clock

pytestmark = pytest.mark.django_db

BEGAN = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
#: What two readings of the same moment may differ by here.
CLOSE = timedelta(seconds=0.05)


class Times:
    """A process's own clock and the database's, moved by hand.

    On SQLite the database's clock is the host's. A PostgreSQL server's cannot be moved by hand:
    there, the whole server steps (`make torture ARGS="--scenario clock_step"`).
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.elapsed, self.wall, self.boot = 1_000.0, BEGAN, "this boot"
        patch.setattr(local, "elapsed", lambda: self.elapsed)
        patch.setattr(local, "host_wall", lambda: self.wall)
        patch.setattr(local, "boot_identity", lambda: self.boot)
        patch.setattr(local, "sleep", self.go_on)

    def go_on(self, seconds: float) -> None:
        """Let time go by."""
        self.elapsed += seconds
        self.wall += timedelta(seconds=seconds)

    def step(self, seconds: float) -> None:
        """Set the database's clock."""
        self.wall += timedelta(seconds=seconds)


@pytest.fixture
def times(monkeypatch: pytest.MonkeyPatch) -> Times:
    if connection.vendor != "sqlite":
        pytest.skip("a PostgreSQL server's clock steps in make torture")
    return Times(monkeypatch)


def observing() -> Clock:
    clock = Clock()
    clock.observe()
    return clock


def test_it_is_the_databases_clock() -> None:
    clock = observing()
    with connection.cursor() as cursor:
        cursor.execute("SELECT CURRENT_TIMESTAMP")
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=2)
    assert clock.earliest() <= clock.now()
    assert clock.now() - clock.earliest() < timedelta(seconds=1)


@pytest.mark.parametrize("step", [-3600.0, 3600.0, -40.0, 40.0, 900.0])
def test_a_step_of_the_databases_clock_is_no_time(times: Times, step: float) -> None:
    clock = observing()
    before = clock.now()
    times.step(step)
    times.go_on(2.0)
    clock.observe()
    times.go_on(3.0)
    assert abs(clock.now() - before - timedelta(seconds=5)) < CLOSE
    assert abs(clock.wall() - times.wall) < CLOSE
    assert abs(clock.as_wall(clock.now()) - times.wall) < CLOSE
    assert abs(clock.from_wall(times.wall) - clock.now()) < CLOSE


def test_before_an_observer_saw_the_step_nobody_believes_it(times: Times) -> None:
    observer, another = observing(), Clock()
    before = another.now()
    times.step(3600.0)
    times.go_on(6.0)  # past the time after which it asks again
    assert abs(another.now() - before - timedelta(seconds=6)) < CLOSE
    observer.observe()
    times.go_on(6.0)
    assert abs(another.now() - before - timedelta(seconds=12)) < CLOSE
    assert abs(another.wall() - times.wall) < CLOSE


def test_two_observers_correct_a_step_once(times: Times) -> None:
    one, two = observing(), observing()
    before = one.now()
    times.step(-3600.0)
    for clock in (one, two, one, two):
        times.go_on(1.0)
        clock.observe()
    assert SharedClock.objects.get().generation == 1
    for clock in (one, two):
        assert abs(clock.now() - before - timedelta(seconds=4)) < CLOSE


def test_a_step_and_its_undoing(times: Times) -> None:
    clock = observing()
    before = clock.now()
    for step in (3600.0, -3600.0):
        times.go_on(2.0)
        times.step(step)
        clock.observe()
    assert abs(clock.now() - before - timedelta(seconds=4)) < CLOSE
    assert abs(SharedClock.objects.get().correction) < 0.1


def test_small_differences_are_followed(times: Times) -> None:
    """A clock that is slewed by NTP, or drifts, is right in the end."""
    clock = observing()
    for _ in range(100):
        times.go_on(2.0)
        times.step(0.02)
        clock.observe()
    assert abs(clock.now() - times.wall) < timedelta(seconds=0.1)
    assert SharedClock.objects.get().generation == 0


def test_who_begins_right_after_a_step_waits_for_who_saw_it(times: Times) -> None:
    """On another host, whose own clock says nothing about when the row was written."""
    observer = observing()
    before = observer.now()
    times.step(-3600.0)
    times.boot = "another boot"
    began, slept = Clock(), []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        times.go_on(seconds)
        if len(slept) == 2:
            observer.observe()

    local.sleep = sleep  # undone with the fixture's patch
    began.observe()
    assert len(slept) == 2
    assert abs(began.now() - observer.now()) < CLOSE
    assert abs(began.now() - before - timedelta(seconds=sum(slept))) < CLOSE


def test_who_begins_again_on_the_same_machine_knows_the_time_over_a_step(times: Times) -> None:
    before = observing().now()
    times.go_on(30.0)
    times.step(-3600.0)
    again = observing()
    assert abs(again.now() - before - timedelta(seconds=30)) < CLOSE
    times.go_on(2.0)
    again.observe()
    assert abs(again.now() - before - timedelta(seconds=32)) < CLOSE


@pytest.mark.parametrize(
    ("correction", "step", "at_least"),
    [
        (0.0, 600.0, 600.0),  # simply ten minutes later
        (-3600.0, 600.0, 600.0),  # it was an hour ahead; perhaps it is right by now
        (3600.0, 600.0, 600.0),
        (0.0, -7200.0, 3600.0),  # set back while nobody watched: nobody knows how long that was
    ],
)
def test_a_pause_that_nobody_watched_is_never_taken_for_too_short(
    times: Times, correction: float, step: float, at_least: float
) -> None:
    observing()
    SharedClock.objects.update(correction=correction)
    before = BEGAN + timedelta(seconds=correction)
    times.boot = "after a reboot"
    times.elapsed, times.wall = 5.0, times.wall + timedelta(seconds=step)
    assert observing().now() - before >= timedelta(seconds=at_least)


def test_an_answer_that_took_long_is_not_believed(
    times: Times, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process stood still between the database's answer and its own clock."""
    clock = observing()
    before = clock.now()
    wall = times.wall

    def slow_wall() -> datetime:
        said = wall
        times.go_on(700.0)
        return said

    with monkeypatch.context() as patched:
        patched.setattr(local, "host_wall", slow_wall)
        clock.observe()
    assert abs(clock.now() - before - timedelta(seconds=700)) < CLOSE
    assert SharedClock.objects.get().generation == 0


def test_a_host_whose_clock_is_off_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    if connection.vendor == "postgresql":
        wrong = timedelta(seconds=40)
        monkeypatch.setattr(local, "host_wall", lambda: datetime.now(UTC) + wrong)
        clock.observe()
        assert HostClock.objects.get().ahead_seconds == pytest.approx(40.0, abs=2.0)
        assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=2)
    else:
        clock.observe()
        assert HostClock.objects.get().ahead_seconds == pytest.approx(0.0, abs=2.0)


def test_the_process_clock_counts_suspended_time() -> None:
    import time

    assert local.elapsed() == pytest.approx(time.clock_gettime(time.CLOCK_BOOTTIME), abs=1.0)
    assert shared.now() is not None

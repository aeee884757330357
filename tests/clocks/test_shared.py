"""The shared time runs evenly, whatever the database's clock and the hosts' clocks do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from clocks import local, shared
from clocks.models import HostClock, SharedClock
from clocks.samples import TRUSTED_SECONDS, Sample, take_sample
from clocks.shared import (
    NOTE_AGAIN_SECONDS,
    OFFSET_VALID_SECONDS,
    REFRESH_SECONDS,
    Clock,
)

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

BEGAN = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
#: How much two readings of the same moment may differ.
CLOSE = timedelta(seconds=0.05)


class Times:
    """A process's own clock and the database's, both set by the test.

    On SQLite the database's clock is the host's. The clock of a PostgreSQL server cannot be set
    from here; `make torture ARGS="--scenario clock_step"` steps that of a whole server.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.elapsed, self.wall, self.boot = 1_000.0, BEGAN, "this boot"
        patch.setattr(local, "elapsed", lambda: self.elapsed)
        patch.setattr(local, "host_wall", lambda: self.wall)
        patch.setattr(local, "boot_identity", lambda: self.boot)
        patch.setattr(local, "sleep", self.go_on)

    def go_on(self, seconds: float) -> None:
        """Advance all clocks."""
        self.elapsed += seconds
        self.wall += timedelta(seconds=seconds)

    def step(self, seconds: float) -> None:
        """Step the database's clock only."""
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


def test_without_a_step_the_shared_time_is_the_databases_clock() -> None:
    clock = observing()
    with connection.cursor() as cursor:
        cursor.execute("SELECT CURRENT_TIMESTAMP")
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=2)
    assert clock.earliest() <= clock.now()
    assert clock.now() - clock.earliest() < timedelta(seconds=1)


@pytest.mark.parametrize("step", [-3600.0, 3600.0, -40.0, 40.0, 900.0])
def test_a_step_of_the_databases_clock_does_not_move_the_shared_time(
    times: Times, step: float
) -> None:
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


def test_a_process_ignores_a_step_until_an_observer_corrects_it(times: Times) -> None:
    observer, another = observing(), Clock()
    before = another.now()
    times.step(3600.0)
    times.go_on(6.0)  # longer than REFRESH_SECONDS
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


def test_a_step_and_a_step_back_leave_no_correction(times: Times) -> None:
    clock = observing()
    before = clock.now()
    for step in (3600.0, -3600.0):
        times.go_on(2.0)
        times.step(step)
        clock.observe()
    assert abs(clock.now() - before - timedelta(seconds=4)) < CLOSE
    assert abs(SharedClock.objects.get().correction) < 0.1


def test_small_differences_are_followed(times: Times) -> None:
    """The shared time keeps up with a clock that drifts or is slewed by NTP."""
    clock = observing()
    for _ in range(100):
        times.go_on(2.0)
        times.step(0.02)
        clock.observe()
    assert abs(clock.now() - times.wall) < timedelta(seconds=0.1)
    assert SharedClock.objects.get().generation == 0


def test_an_observer_that_starts_after_a_step_waits_for_the_correction(times: Times) -> None:
    """It runs on another host, so it cannot compare its own clock with that of the row."""
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


def test_a_time_guessed_while_the_observer_stood_still_is_given_up_when_it_goes_on(
    times: Times,
) -> None:
    """A page was opened on another host; the row's generation does not change afterwards."""
    observer = observing()
    times.step(3600.0)
    times.go_on(2.0)
    observer.observe()
    times.go_on(2 * TRUSTED_SECONDS)
    times.boot = "another boot"
    page = Clock()
    page.now()
    times.boot = "this boot"
    observer.observe()
    times.boot = "another boot"
    times.go_on(REFRESH_SECONDS + 1.0)
    assert abs(page.now() - observer.now()) < CLOSE


def test_a_restart_on_the_same_machine_keeps_the_shared_time_over_a_step(times: Times) -> None:
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
        (0.0, 600.0, 600.0),  # ten minutes later, without a step
        (-3600.0, 600.0, 600.0),  # it was an hour ahead, and may have been set right since
        (3600.0, 600.0, 600.0),
        (0.0, -7200.0, 3600.0),  # set back during a pause of unknown length
    ],
)
def test_a_pause_without_an_observer_is_never_taken_for_shorter_than_it_was(
    times: Times, correction: float, step: float, at_least: float
) -> None:
    observing()
    SharedClock.objects.update(correction=correction)
    before = BEGAN + timedelta(seconds=correction)
    times.boot = "after a reboot"
    times.elapsed, times.wall = 5.0, times.wall + timedelta(seconds=step)
    assert observing().now() - before >= timedelta(seconds=at_least)


def test_a_sample_that_took_too_long_is_dropped(
    times: Times, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process was paused between the database's answer and the reading of its own clock."""
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


def test_the_offset_of_a_hosts_clock_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_two_machines_of_one_name_have_a_row_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """A right clock must not hide that the other machine's is wrong."""
    for boot, wrong in (("first", 40.0), ("second", 0.0)):
        monkeypatch.setattr(local, "boot_identity", lambda boot=boot: boot)
        Clock()._note_host(_sample_of_host(monkeypatch, wrong))
    offsets = dict(HostClock.objects.values_list("boot", "ahead_seconds"))
    assert offsets == pytest.approx({"first": 40.0, "second": 0.0}, abs=2.0)
    assert HostClock.objects.values("hostname").distinct().count() == 1


def test_a_wrong_clock_is_wrong_since_it_was_first_seen_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, since = Clock(), []
    for ahead in (0.0, 40.0, 60.0, 0.0):
        clock._note_host(_sample_of_host(monkeypatch, ahead))
        since.append(HostClock.objects.get().wrong_since)
    assert since[0] is None
    assert since[1] is not None
    assert since[2] == since[1]
    assert since[3] is None


def test_an_unchanged_offset_is_stored_again_and_an_old_one_is_removed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, sample = Clock(), _sample_of_host(monkeypatch, 0.0)
    clock._note_host(sample)
    later = replace(sample, asked=sample.asked + NOTE_AGAIN_SECONDS + 1.0)
    HostClock.objects.update(seen_at=sample.wall - timedelta(seconds=OFFSET_VALID_SECONDS + 1.0))
    clock._note_host(later)
    assert HostClock.objects.get().seen_at == sample.wall
    HostClock.objects.update(seen_at=sample.wall - timedelta(seconds=OFFSET_VALID_SECONDS + 1.0))
    monkeypatch.setattr(local, "boot_identity", lambda: "after a reboot")
    Clock()._note_host(sample)
    assert HostClock.objects.get().boot == "after a reboot"


def _sample_of_host(monkeypatch: pytest.MonkeyPatch, ahead: float) -> Sample:
    """Take a sample on a host whose wall clock is ahead of the database's by so many seconds."""
    sample = take_sample()
    monkeypatch.setattr(local, "host_wall", lambda: sample.wall + timedelta(seconds=ahead))
    return sample


def test_the_process_clock_counts_suspended_time() -> None:
    import time

    assert local.elapsed() == pytest.approx(time.clock_gettime(time.CLOCK_BOOTTIME), abs=1.0)
    assert shared.now() is not None

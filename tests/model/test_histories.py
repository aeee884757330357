"""Histories that once showed bugs, step by step. Each fails without the mechanism it covers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sending.states import Promise
from tests.model.state_machine import EngineMachine

pytestmark = [pytest.mark.timeout(120), pytest.mark.usefixtures("model_database")]


def _history(
    steps: Callable[[EngineMachine], None],
    *,
    gap: float,
    per_minute: int | None,
    is_short: bool = False,
    promise: Promise = Promise.NEVER_TWICE,
    workers: int = 1,
) -> None:
    machine = EngineMachine()
    try:
        machine.begin(
            gap=gap,
            per_minute=per_minute,
            workers=workers,
            promise=promise,
            is_short=is_short,
        )
        steps(machine)
    finally:
        machine.teardown()


@pytest.mark.exhaustive
@pytest.mark.slow
def test_no_repeat_leaves_after_the_gateway_has_forgotten_its_seq() -> None:
    def steps(machine: EngineMachine) -> None:
        machine.messages_go_wrong(kind="reset", is_after=True, lasts=15.0, then=10.0)
        machine.tables_are_locked(lasts=615.0, then=0.0)
        machine.time_goes_by(lasts=640.0)

    _history(steps, gap=2.0, per_minute=None)


@pytest.mark.slow
@pytest.mark.parametrize("n", [pytest.param(0, marks=pytest.mark.exhaustive), 1])
def test_an_attempt_whose_commit_was_cut_is_repeated_while_its_lane_lives(n: int) -> None:
    def steps(machine: EngineMachine) -> None:
        machine.time_goes_by(lasts=140.0)
        machine.a_commit_goes_wrong(which=0, n=n, kind="cut", then=30.0)
        machine.time_goes_by(lasts=600.0)

    _history(steps, gap=150.0, per_minute=None)


@pytest.mark.slow
def test_a_wake_up_does_not_end_the_pause_after_a_refused_mark() -> None:
    def steps(machine: EngineMachine) -> None:
        machine.lanes_are_woken(lasts=10.0, every=0.05, then=1.0)
        for person in (90002, 90005, 90008):  # each account has one more recipient
            machine.one_opts_out(person=person, then=0.0)
        machine.time_goes_by(lasts=10.0)

    _history(steps, gap=0.5, per_minute=None)


@pytest.mark.slow
def test_a_window_entry_of_a_message_that_is_not_sent_is_returned() -> None:
    def steps(machine: EngineMachine) -> None:
        for person in (90002, 90003, 90005):
            machine.one_opts_out(person=person, then=0.5)
        machine.time_goes_by(lasts=30.0)

    _history(steps, gap=2.0, per_minute=4)


@pytest.mark.slow
def test_a_late_repeat_leaves_in_no_full_minute() -> None:
    def steps(machine: EngineMachine) -> None:
        machine.logins_go_wrong(is_after=False, kind="NULL", lasts=40.0, then=0.0)
        machine.messages_go_wrong(is_after=False, kind="silence", lasts=570.0, then=30.0)
        machine.too_fast(then=180.0)
        machine.limits_change(gap=0.5, per_minute=None, then=0.0, which=0)
        machine.the_path_is_slow(connect=4.9, wire=0.0)
        machine.time_goes_by(lasts=30.0)
        machine.messages_go_wrong(is_after=False, kind="NULL", lasts=1.0, then=30.0)

    _history(steps, gap=2.0, per_minute=4, is_short=True)


@pytest.mark.slow
def test_what_may_have_arrived_is_not_called_cancelled() -> None:
    def steps(machine: EngineMachine) -> None:
        machine.one_is_never_answered(is_after=True, person=90006, then=0.0)
        machine.one_is_never_answered(is_after=True, person=90009, then=0.0)
        machine.time_goes_by(lasts=640.0)
        machine.a_run_is_cancelled(run="one", then=0.3)
        machine.a_run_is_cancelled(run="two", then=0.3)
        machine.time_goes_by(lasts=60.0)

    _history(steps, gap=0.5, per_minute=None, promise=Promise.NEVER_MISSED)


@pytest.mark.slow
def test_the_gap_outlives_a_lane_that_failed_after_one_that_died() -> None:
    def steps(machine: EngineMachine) -> None:
        machine.gateway_is_away(lasts=1.0, then=0.0)
        machine.lanes_are_woken(every=0.05, lasts=1.0, then=0.0)
        machine.one_opts_out(person=90006, then=0.0)
        machine.a_worker_is_killed(then=0.0, which=0)
        machine.a_worker_joins(then=0.0)
        machine.one_is_never_answered(is_after=False, person=90001, then=3.0)
        machine.a_commit_goes_wrong(kind="cut", n=0, then=0.0, which=0)
        machine.a_commit_goes_wrong(kind="cut", n=1, then=30.0, which=0)

    _history(steps, gap=150.0, per_minute=None, workers=2)


def test_a_worker_that_joins_right_after_a_step_of_the_clock_moves_it_for_nobody() -> None:
    def steps(machine: EngineMachine) -> None:
        machine.the_wall_clock_steps(step=-3600.0, then=0.0)
        machine.a_worker_joins(then=3.0)
        machine.time_goes_by(lasts=30.0)

    _history(steps, gap=0.5, per_minute=4)

"""Turns of runs that share an account: by priority, an urgent one first, and none starves."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clocks import local
from sending.lanes.run_turns import LONGEST_TURN_SECONDS, RateTurns, RunTurns
from sending.states import URGENT
from tests.examples import examples


@dataclass(frozen=True)
class One:
    """A run with its own rate and priority."""

    id: int
    priority: int
    per_minute: int | None = None


def sent_in_batches(
    runs: list[One], owed: dict[int, int], *, batches: list[tuple[int, int]]
) -> list[int]:
    """Return the runs of the messages sent when each batch is read, and given up part of the way.

    Args:
        runs: the runs.
        owed: the number of messages of each, by id.
        batches: for each batch its size, and how many of its messages are sent.
    """
    turns, left, sent = RunTurns(), Counter(owed), list[int]()
    by_id = {run.id: run for run in runs}
    for size, most in batches:
        shares = turns.shares(runs, limit=size)
        read = {run.id: [run.id] * min(shares[run.id], left[run.id]) for run in runs}
        full = {run.id for run in runs if len(read[run.id]) == shares[run.id]}
        for run_id in turns.in_turn(read, runs=runs, may_have_more=full)[:most]:
            turns.note_marked(by_id[run_id])
            left[run_id] -= 1
            sent.append(run_id)
    return sent


priorities = st.lists(st.integers(1, URGENT - 1), min_size=2, max_size=6)
some_batches = st.lists(st.tuples(st.integers(2, 40), st.integers(1, 40)), min_size=30, max_size=80)


@settings(deadline=None, max_examples=examples(60))
@given(weights=priorities, batches=some_batches)
def test_runs_share_an_account_by_their_priorities_wherever_a_batch_is_given_up(
    weights: list[int], batches: list[tuple[int, int]]
) -> None:
    runs = [One(number, weight) for number, weight in enumerate(weights)]
    sent = sent_in_batches(runs, {run.id: 10_000 for run in runs}, batches=batches)
    counted: Counter[int] = Counter()
    for end, run_id in enumerate(sent, start=1):
        counted[run_id] += 1
        for run in runs:
            # Stride scheduling: no run is ever a message of each other run away from its share.
            fair = end * run.priority / sum(weights)
            assert abs(counted[run.id] - fair) <= len(runs), (end, run)


@settings(deadline=None, max_examples=examples(60))
@given(weights=st.lists(st.integers(1, URGENT), min_size=2, max_size=6), batches=some_batches)
def test_urgent_runs_go_first_and_then_everything_is_sent(
    weights: list[int], batches: list[tuple[int, int]]
) -> None:
    runs = [One(number, weight) for number, weight in enumerate(weights)]
    owed = {run.id: 7 for run in runs}
    sent = sent_in_batches(runs, owed, batches=batches + [(40, 40)] * 50)
    assert Counter(sent) == Counter(owed)
    urgent = {run.id for run in runs if run.priority == URGENT}
    assert set(sent[: 7 * len(urgent)]) == urgent


def test_a_run_that_comes_late_owes_and_is_owed_nothing() -> None:
    old, new = One(1, 5), One(2, 5)
    turns = RunTurns()
    for _ in range(100):
        turns.note_marked(old)
    order = turns.in_turn({1: [1] * 10, 2: [2] * 10}, runs=[old, new], may_have_more=set())
    assert Counter(order[:6]) == {1: 3, 2: 3}


def test_a_run_at_its_rate_is_left_out_until_its_turn_or_a_new_rate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr(local, "elapsed", lambda: now)
    rates, slow = RateTurns(), One(1, 5, per_minute=60)
    first, second = RunTurns(rates), RunTurns(rates)
    first.hold(slow, seconds=2.0)
    second.hold(slow, seconds=2.0)
    assert (first.seconds_held([slow]), second.seconds_held([slow])) == (2.0, 2.5)
    assert first.is_held(slow)
    assert not first.is_held(One(1, 5, per_minute=61))
    now += 2.0
    assert not first.is_held(slow)
    assert second.seconds_held([slow]) == 0.5


def test_no_turn_is_later_than_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now: Any = 50.0
    monkeypatch.setattr(local, "elapsed", lambda: now)
    rates = RateTurns()
    turns = [rates.take(run_id=1, per_minute=6, seconds=1.0) for _ in range(500)]
    assert max(turns) <= now + LONGEST_TURN_SECONDS

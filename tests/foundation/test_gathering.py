"""Gatherings: one call for many callers, and a failure of one caller fails only that one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import pytest
from django.db import IntegrityError, OperationalError

from clocks import local
from foundation import gathering as module
from foundation.gathering import MOST, AbandonedError, Gathering

PATIENCE = 10.0


class Calls:
    """A step that notes its calls; each result is twice its item."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.may_go = threading.Event()
        self.may_go.set()
        self.began = threading.Event()

    def __call__(self, items: Sequence[int]) -> list[int]:
        self.calls.append(list(items))
        self.began.set()
        assert self.may_go.wait(PATIENCE)
        return [2 * item for item in items]


def together(do: Callable[[int], object], items: Sequence[int]) -> list[object]:
    """Call `do` for each item on a thread of its own; return the results, or what was raised."""
    results: list[object] = [None] * len(items)

    def one(place: int) -> None:
        try:
            results[place] = do(items[place])
        except BaseException as problem:
            results[place] = problem

    threads = [threading.Thread(target=one, args=(place,)) for place in range(len(items))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive(), "a caller was never answered"
    return results


def a_step_under_way() -> tuple[Calls, Gathering[int, int], threading.Thread]:
    """Return a step that is held for a first caller, its gathering, and that caller's thread."""
    step = Calls()
    gathering = Gathering(step)
    step.may_go.clear()
    first = threading.Thread(target=gathering.do, args=(0,))
    first.start()
    assert step.began.wait(PATIENCE)
    return step, gathering, first


def test_a_caller_alone_does_not_wait() -> None:
    step = Calls()
    began = local.elapsed()
    assert Gathering(step).do(3) == 6
    assert local.elapsed() - began < module.GATHER_SECONDS
    assert step.calls == [[3]]


def test_those_that_ask_during_a_step_share_the_next_one() -> None:
    step, gathering, first = a_step_under_way()
    threading.Timer(0.2, step.may_go.set).start()
    assert together(gathering.do, range(1, 31)) == [2 * item for item in range(1, 31)]
    first.join(PATIENCE)
    assert [len(call) for call in step.calls] == [1, 30]
    assert sorted(step.calls[1]) == list(range(1, 31))


def test_a_step_takes_so_many_at_a_time() -> None:
    step = Calls()
    gathering = Gathering(step)
    items = range(2 * MOST + 20)
    assert together(gathering.do, items) == [2 * item for item in items]
    assert max(len(call) for call in step.calls) <= MOST


def test_a_step_that_hangs_does_not_hold_up_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST_WAIT_SECONDS", 0.1)
    step = Calls()
    gathering = Gathering(step)
    step.may_go.clear()
    hanging = threading.Thread(target=gathering.do, args=(0,))
    hanging.start()
    assert step.began.wait(PATIENCE)
    threading.Timer(5 * PATIENCE, step.may_go.set)
    others = threading.Thread(target=together, args=(gathering.do, [1, 2]))
    others.start()
    while len(step.calls) < 2:
        assert others.is_alive()
        local.sleep(0.01)
    assert hanging.is_alive()
    step.may_go.set()
    hanging.join(PATIENCE)
    others.join(PATIENCE)


@pytest.mark.parametrize("problem", [ValueError("bad"), IntegrityError("bad"), TypeError("bad")])
def test_a_failure_of_one_fails_only_that_one(problem: Exception) -> None:
    def step(items: Sequence[int]) -> list[int]:
        if 7 in items:
            raise problem
        return [2 * item for item in items]

    gathering = Gathering(step)
    gathering.do(0)  # so that the next ones are gathered
    results = together(gathering.do, range(20))
    assert results[7] is problem
    assert results[:7] + results[8:] == [2 * item for item in range(20) if item != 7]


def test_after_a_failure_each_caller_does_its_own_part() -> None:
    """The one that led must not do those of all others before it returns."""
    alone: list[int] = []

    def step(items: Sequence[int]) -> list[int]:
        if len(items) > 1:
            raise ValueError
        alone.append(threading.get_ident())
        local.sleep(0.2)  # so that no thread's number is used again meanwhile
        return list(items)

    gathering = Gathering(step)
    gathering.do(0)
    alone.clear()
    assert together(gathering.do, range(20)) == list(range(20))
    assert len(set(alone)) == 20


def test_a_deadlock_about_one_fails_only_that_one() -> None:
    def step(items: Sequence[int]) -> list[int]:
        if 7 in items:
            cause = Exception()
            cause.sqlstate = "40P01"  # type: ignore[attr-defined]
            raise OperationalError("deadlock detected") from cause
        return list(items)

    gathering = Gathering(step)
    gathering.do(0)
    results = together(gathering.do, range(20))
    assert isinstance(results.pop(7), OperationalError)
    assert results == [item for item in range(20) if item != 7]


def test_a_failure_of_all_is_told_to_all_and_not_repeated() -> None:
    calls: list[int] = []

    def step(items: Sequence[int]) -> list[int]:
        calls.append(len(items))
        raise OperationalError("server closed the connection unexpectedly")

    results = together(Gathering(step).do, range(20))
    assert {type(result) for result in results} == {OperationalError}
    assert sum(calls) == 20


def test_callers_are_told_when_the_one_that_leads_is_ended() -> None:
    def step(items: Sequence[int]) -> list[int]:
        raise SystemExit

    results = together(Gathering(step).do, range(20))
    assert {type(result) for result in results} <= {SystemExit, AbandonedError}


def test_after_a_crowd_the_next_step_waits_for_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here it waits for as many as one step takes: it may wait so long."""
    monkeypatch.setattr(module, "GATHER_SECONDS", 0.0)
    monkeypatch.setattr(module, "TIMES_AS_LONG", 1e9)
    monkeypatch.setattr(module, "LONGEST_WAIT_SECONDS", PATIENCE)
    step, gathering, first = a_step_under_way()
    crowd = threading.Thread(target=together, args=(gathering.do, range(module.CROWD)))
    crowd.start()
    while len(gathering._waiting) < module.CROWD:
        time.sleep(0.01)
    step.may_go.set()
    crowd.join(PATIENCE)
    assert together(gathering.do, range(MOST)) == [2 * item for item in range(MOST)]
    first.join(PATIENCE)
    assert [len(call) for call in step.calls] == [1, module.CROWD, MOST]


def test_after_a_few_the_next_step_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIMES_AS_LONG", 1e9)
    monkeypatch.setattr(module, "LONGEST_WAIT_SECONDS", PATIENCE)
    gathering = Gathering(Calls())
    began = local.elapsed()
    for item in range(3):
        assert gathering.do(item) == 2 * item
    assert local.elapsed() - began < PATIENCE

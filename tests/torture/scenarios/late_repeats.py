"""Repeats that would leave after the gateway has forgotten their SEQ, whatever delays them."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

from tests.black_box.behaviour import Behaviour, Fault
from tests.black_box.history import Rules, seq_histories
from tests.black_box.population import Population
from tests.black_box.traffic import Request
from tests.torture.harness import Harness, ScenarioSkipped
from tests.torture.host_clocks import HostClocks, why_unavailable
from tests.torture.hosts import open_hosts, start_host
from tests.torture.scenarios.scenario import Scenario

#: How long the gateway remembers a SEQ, seconds; the stack is told the same.
SHORT_WINDOW, REAL_WINDOW = 40.0, 600.0
POPULATION = Population(8, 15)
#: Enough that each account still sends when its turn to be left without an answer comes.
MANY = Population(8, 80)
#: A stack that was killed starts again so long before the window ends. With this gap a repeat that
#: is found young enough leaves too late: of attempts opened one after the other some always do.
BACK_BEFORE, LONG_GAP, REAL_LONG_GAP, BETWEEN = 27.5, 24.0, 40.0, 1.5
#: One that waits for its answer until it is killed.
PATIENT = {"QQ_READ_TIMEOUT": "100"}


def _window(harness: Harness) -> float:
    return REAL_WINDOW if harness.is_long else SHORT_WINDOW


def _env(harness: Harness) -> dict[str, str]:
    return {"QQ_GATEWAY_REPLAY_WINDOW": f"{_window(harness):g}"}


def _behaviour(harness: Harness) -> Behaviour:
    return Behaviour(seq_window=_window(harness))


def _lose_answers(harness: Harness, fault: Fault, *, between: float = 0.0) -> float:
    """Deliver and say nothing: each account in turn, so much later; return when it began."""
    began = time.monotonic()
    turns = {uin: began + number * between for number, uin in enumerate(harness.population.uins)}

    def lose(request: Request) -> Fault | None:
        is_lost = request.command == "cltmsg" and request.at > turns[int(request.text("UIN"))]
        return fault if is_lost else None

    harness.gateway.behaviour.choose_fault = lose

    def are_open() -> bool:
        open_ones = {one.account for one in harness.history if one.answer == str(fault)}
        return open_ones >= set(harness.population.uins)

    harness.wait_until(are_open, seconds=30, what="an open attempt of every account")
    return began


def _check(harness: Harness, *, are_unknown_faults: bool = False) -> None:
    """No SEQ after the window, nobody twice. What could not be asked in time may be unknown."""
    harness.wait_for_finish(seconds=60)
    rules = Rules(window=_window(harness))
    found = harness.check("one", rules=rules, are_unknown_faults=are_unknown_faults)
    oldest = max(seq_history.age for seq_history in seq_histories(harness.history))
    harness.notes.append(f"last repeat after {oldest:.1f} s, {len(found.unknown)} unknown")


def _after_kill(harness: Harness) -> None:
    harness.open(MANY, behaviour=_behaviour(harness), env={**_env(harness), **PATIENT})
    harness.campaign("one")
    harness.wait_for_messages(16)
    began = _lose_answers(harness, Fault.SILENCE_AFTER, between=BETWEEN)
    harness.operator.kill_everything()
    harness.gateway.behaviour.choose_fault = None
    _set_gap(harness, REAL_LONG_GAP if harness.is_long else LONG_GAP)
    time.sleep(max(0.0, began + _window(harness) - BACK_BEFORE - time.monotonic()))
    harness.operator.up()
    time.sleep(max(0.0, began + _window(harness) + 20 - time.monotonic()))
    _set_gap(harness, 0.2)
    _check(harness)


def _set_gap(harness: Harness, seconds: float) -> None:
    """Give every account another gap."""
    file = harness.operator.accounts_file(MANY.passwords, columns={"min_interval": seconds})
    harness.operator.ok("import_accounts", file)


def _held_up(
    harness: Harness, hold: Callable[[Harness], AbstractContextManager[None]], *, database: str
) -> None:
    """Leave an attempt of every account open, hold everything up for longer than the window."""
    harness.open(POPULATION, behaviour=_behaviour(harness), database=database, env=_env(harness))
    harness.campaign("one")
    harness.wait_for_messages(16)
    _lose_answers(harness, Fault.RESET_AFTER)
    with hold(harness):
        harness.gateway.behaviour.choose_fault = None
        time.sleep(_window(harness) + 6)
    _check(harness)


def _skewed(
    harness: Harness, *, first: float, second: float, waits: Callable[[Harness], float]
) -> None:
    """A worker dies with open attempts; its clock or its successor's is behind by the window.

    Args:
        stage: the stage.
        first, second: how far ahead of the truth the two hosts' clocks are, in windows.
        waits: how long after the first open attempt the successor starts, seconds.
    """
    if problem := why_unavailable():
        raise ScenarioSkipped(problem)
    clocks, window = HostClocks(harness.folder / "clocks"), _window(harness)
    hosts = open_hosts(
        harness,
        POPULATION,
        clocks={"worker": clocks.host("first", ahead=first * window)},
        behaviour=_behaviour(harness),
        env={**_env(harness), **PATIENT},
    )
    harness.campaign("one")
    harness.wait_for_messages(16)
    began = _lose_answers(harness, Fault.SILENCE_AFTER)
    hosts["worker"].kill()
    harness.gateway.behaviour.choose_fault = None
    time.sleep(max(0.0, began + waits(harness) - time.monotonic()))
    clock = clocks.host("second", ahead=second * window)
    start_host(harness, "worker", name="successor", clock=clock)
    _check(harness, are_unknown_faults=waits(harness) < window)


EXPECTATION = "no repeat leaves after the gateway has forgotten its SEQ"
SCENARIOS = (
    Scenario(
        "late_after_kill", f"back with old open attempts and a long gap: {EXPECTATION}", _after_kill
    ),
    Scenario(
        "late_locked_table",
        f"the attempts locked for longer than the window: {EXPECTATION}",
        partial(_held_up, hold=lambda s: s.locked("sending_attempt"), database="postgresql"),
    ),
    Scenario(
        "late_frozen_stack",
        f"the stack stands still for longer than the window: {EXPECTATION}",
        partial(_held_up, hold=lambda s: s.frozen(), database=""),
    ),
    Scenario(
        "late_skewed_successor",
        f"the next worker's clock is behind by the window: {EXPECTATION}",
        partial(_skewed, first=0, second=-1, waits=lambda harness: _window(harness) + 3),
    ),
    Scenario(
        "late_skewed_predecessor",
        "the dead worker's clock was behind by the window: what is young is asked, 0 unknown",
        partial(_skewed, first=-1, second=0, waits=lambda _stage: 0.0),
    ),
)

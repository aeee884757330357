"""Delays after which a repeat would leave although the gateway has forgotten its SEQ."""

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
#: Enough friends that each account still sends when its answers begin to be lost.
MANY = Population(8, 80)
#: A killed stack starts again so long before the window ends. With this gap a repeat can be young
#: enough when it is read and too old when it leaves. Attempts that are opened one after the other
#: make sure that some are.
BACK_BEFORE, LONG_GAP, REAL_LONG_GAP, BETWEEN = 27.5, 24.0, 40.0, 1.5
#: A worker that waits for an answer until it is killed.
PATIENT = {"QQ_READ_TIMEOUT": "100"}


def _window(harness: Harness) -> float:
    return REAL_WINDOW if harness.is_long else SHORT_WINDOW


def _env(harness: Harness) -> dict[str, str]:
    return {"QQ_GATEWAY_REPLAY_WINDOW": f"{_window(harness):g}"}


def _behaviour(harness: Harness) -> Behaviour:
    return Behaviour(seq_window=_window(harness))


def _lose_answers(harness: Harness, fault: Fault, *, between: float = 0.0) -> float:
    """Lose the answers to messages, for each account `between` seconds later; return the start."""
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


def _check(harness: Harness, *, may_be_unknown: bool = True) -> None:
    """Check that no SEQ is used after the window."""
    harness.wait_for_finish(seconds=60)
    rules = Rules(window=_window(harness))
    found = harness.check("one", rules=rules, may_be_unknown=may_be_unknown)
    oldest = max(seq_history.age for seq_history in seq_histories(harness.history))
    harness.notes.append(f"last repeat after {oldest:.1f} s, {len(found.unknown)} unknown")


def _after_kill(harness: Harness) -> None:
    harness.start(MANY, behaviour=_behaviour(harness), env={**_env(harness), **PATIENT})
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
    """Set the gap of every account."""
    file = harness.operator.accounts_file(MANY.passwords, columns={"min_interval": seconds})
    harness.operator.ok("import_accounts", file)


def _blocked(
    harness: Harness, block: Callable[[Harness], AbstractContextManager[None]], *, database: str
) -> None:
    """Leave an attempt of every account open, and block everything for longer than the window."""
    harness.start(POPULATION, behaviour=_behaviour(harness), database=database, env=_env(harness))
    harness.campaign("one")
    harness.wait_for_messages(16)
    _lose_answers(harness, Fault.RESET_AFTER)
    with block(harness):
        harness.gateway.behaviour.choose_fault = None
        time.sleep(_window(harness) + 6)
    _check(harness)


def _skewed(
    harness: Harness, *, first: float, second: float, waits: Callable[[Harness], float]
) -> None:
    """Kill a worker with open attempts; its clock or its successor's is behind by the window.

    Args:
        harness: the harness.
        first, second: how far ahead of the true time the two hosts' clocks are, in windows.
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
    _check(harness, may_be_unknown=waits(harness) >= window)


EXPECTATION = "no repeat leaves after the gateway has forgotten its SEQ"
SCENARIOS = (
    Scenario(
        "late_after_kill",
        f"restarted with old open attempts and a long gap: {EXPECTATION}",
        _after_kill,
    ),
    Scenario(
        "late_locked_table",
        f"the attempts locked for longer than the window: {EXPECTATION}",
        partial(_blocked, block=lambda s: s.locked("sending_attempt"), database="postgresql"),
    ),
    Scenario(
        "late_frozen_stack",
        f"the stack is frozen for longer than the window: {EXPECTATION}",
        partial(_blocked, block=lambda s: s.frozen(), database=""),
    ),
    Scenario(
        "late_skewed_successor",
        f"the next worker's clock is behind by the window: {EXPECTATION}",
        partial(_skewed, first=0, second=-1, waits=lambda harness: _window(harness) + 3),
    ),
    Scenario(
        "late_skewed_predecessor",
        "the dead worker's clock was behind by the window: young attempts are repeated, 0 unknown",
        partial(_skewed, first=-1, second=0, waits=lambda _stage: 0.0),
    ),
)

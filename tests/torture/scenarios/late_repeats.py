"""Repeats that would leave after the gateway has forgotten their SEQ, whatever delays them."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

from tests.black_box.behaviour import Manners, Mishap
from tests.black_box.history import Rules, stories
from tests.black_box.population import World
from tests.black_box.traffic import Request
from tests.torture.harness import Skipped, Stage
from tests.torture.host_clocks import Clocks, why_impossible
from tests.torture.hosts import open_hosts, start_host
from tests.torture.scenarios.scenario import Scenario

#: How long the gateway remembers a SEQ, seconds; the stack is told the same.
SHORT_WINDOW, REAL_WINDOW = 40.0, 600.0
WORLD = World(8, 15)
#: Enough that each account still sends when its turn to be left without an answer comes.
MANY = World(8, 80)
#: A stack that was killed starts again so long before the window ends. With this gap a repeat that
#: is found young enough leaves too late: of attempts opened one after the other some always do.
BACK_BEFORE, LONG_GAP, REAL_LONG_GAP, BETWEEN = 27.5, 24.0, 40.0, 1.5
#: One that waits for its answer until it is killed.
PATIENT = {"QQ_READ_TIMEOUT": "100"}


def _window(stage: Stage) -> float:
    return REAL_WINDOW if stage.is_long else SHORT_WINDOW


def _env(stage: Stage) -> dict[str, str]:
    return {"QQ_GATEWAY_REPLAY_WINDOW": f"{_window(stage):g}"}


def _manners(stage: Stage) -> Manners:
    return Manners(seq_window=_window(stage))


def _lose_answers(stage: Stage, mishap: Mishap, *, between: float = 0.0) -> float:
    """Deliver and say nothing: each account in turn, so much later; return when it began."""
    began = time.monotonic()
    turns = {uin: began + number * between for number, uin in enumerate(stage.world.uins)}

    def lose(request: Request) -> Mishap | None:
        is_lost = request.command == "cltmsg" and request.at > turns[int(request.text("UIN"))]
        return mishap if is_lost else None

    stage.gateway.manners.trouble = lose

    def are_open() -> bool:
        open_ones = {one.account for one in stage.history if one.said == str(mishap)}
        return open_ones >= set(stage.world.uins)

    stage.until(are_open, seconds=30, what="an open attempt of every account")
    return began


def _judge(stage: Stage, *, are_unknown_faults: bool = False) -> None:
    """No SEQ after the window, nobody twice. What could not be asked in time may be unknown."""
    stage.finish(seconds=60)
    rules = Rules(window=_window(stage))
    found = stage.judge("one", rules=rules, are_unknown_faults=are_unknown_faults)
    oldest = max(story.age for story in stories(stage.history))
    stage.notes.append(f"last repeat after {oldest:.1f} s, {len(found.unknown)} unknown")


def _after_kill(stage: Stage) -> None:
    stage.open(MANY, manners=_manners(stage), env={**_env(stage), **PATIENT})
    stage.campaign("one")
    stage.under_way(16)
    began = _lose_answers(stage, Mishap.SILENCE_AFTER, between=BETWEEN)
    stage.stranger.kill_everything()
    stage.gateway.manners.trouble = None
    _set_gap(stage, REAL_LONG_GAP if stage.is_long else LONG_GAP)
    time.sleep(max(0.0, began + _window(stage) - BACK_BEFORE - time.monotonic()))
    stage.stranger.up()
    time.sleep(max(0.0, began + _window(stage) + 20 - time.monotonic()))
    _set_gap(stage, 0.2)
    _judge(stage)


def _set_gap(stage: Stage, seconds: float) -> None:
    """Give every account another gap."""
    file = stage.stranger.accounts_file(MANY.passwords, columns={"min_interval": seconds})
    stage.stranger.ok("import_accounts", file)


def _held_up(
    stage: Stage, hold: Callable[[Stage], AbstractContextManager[None]], *, database: str
) -> None:
    """Leave an attempt of every account open, hold everything up for longer than the window."""
    stage.open(WORLD, manners=_manners(stage), database=database, env=_env(stage))
    stage.campaign("one")
    stage.under_way(16)
    _lose_answers(stage, Mishap.RESET_AFTER)
    with hold(stage):
        stage.gateway.manners.trouble = None
        time.sleep(_window(stage) + 6)
    _judge(stage)


def _skewed(stage: Stage, *, first: float, second: float, waits: Callable[[Stage], float]) -> None:
    """A worker dies with open attempts; its clock or its successor's is behind by the window.

    Args:
        stage: the stage.
        first, second: how far ahead of the truth the two hosts' clocks are, in windows.
        waits: how long after the first open attempt the successor starts, seconds.
    """
    if problem := why_impossible():
        raise Skipped(problem)
    clocks, window = Clocks(stage.folder / "clocks"), _window(stage)
    hosts = open_hosts(
        stage,
        WORLD,
        clocks={"worker": clocks.host("first", ahead=first * window)},
        manners=_manners(stage),
        env={**_env(stage), **PATIENT},
    )
    stage.campaign("one")
    stage.under_way(16)
    began = _lose_answers(stage, Mishap.SILENCE_AFTER)
    hosts["worker"].kill()
    stage.gateway.manners.trouble = None
    time.sleep(max(0.0, began + waits(stage) - time.monotonic()))
    clock = clocks.host("second", ahead=second * window)
    start_host(stage, "worker", name="successor", clock=clock)
    _judge(stage, are_unknown_faults=waits(stage) < window)


HOLDS = "no repeat leaves after the gateway has forgotten its SEQ"
SCENARIOS = (
    Scenario(
        "late_after_kill", f"back with old open attempts and a long gap: {HOLDS}", _after_kill
    ),
    Scenario(
        "late_locked_table",
        f"the attempts locked for longer than the window: {HOLDS}",
        partial(_held_up, hold=lambda s: s.locked("campaigns_attempt"), database="postgresql"),
    ),
    Scenario(
        "late_frozen_stack",
        f"the stack stands still for longer than the window: {HOLDS}",
        partial(_held_up, hold=lambda s: s.frozen(), database=""),
    ),
    Scenario(
        "late_skewed_successor",
        f"the next worker's clock is behind by the window: {HOLDS}",
        partial(_skewed, first=0, second=-1, waits=lambda stage: _window(stage) + 3),
    ),
    Scenario(
        "late_skewed_predecessor",
        "the dead worker's clock was behind by the window: what is young is asked, 0 unknown",
        partial(_skewed, first=-1, second=0, waits=lambda _stage: 0.0),
    ),
)

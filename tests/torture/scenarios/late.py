"""Repeats that would leave after the gateway has forgotten their SEQ, whatever delays them."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

from tests.outside.arrived import Request
from tests.outside.history import Rules, stories
from tests.outside.manners import Manners, Mishap
from tests.outside.world import World
from tests.torture.clock import Clocks, why_impossible
from tests.torture.hosts import open_hosts, start_host
from tests.torture.scenarios.scenario import Scenario
from tests.torture.stage import Skipped, Stage

#: How long the gateway remembers a SEQ; the stack is told the same.
WINDOW = 40.0
WORLD = World(8, 15)
#: Enough that each account still sends when its turn to be left without an answer comes.
MANY = World(8, 80)
ENVIRONMENT = {"QQ_GATEWAY_REPLAY_WINDOW": f"{WINDOW:g}"}
#: A stack that was killed is back so long after the first attempts were left open. With the second
#: gap a repeat that is found young enough leaves too late: from 16 seconds on.
LONG_GAP, BETWEEN, BACK_AFTER = 24.0, 1.5, 12.5
#: One that waits for its answer until it is killed.
PATIENT = {"QQ_READ_TIMEOUT": "100"}


def _manners() -> Manners:
    return Manners(seq_window=WINDOW)


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


def _judge(stage: Stage) -> None:
    """No SEQ after the window, nobody twice. What could not be asked in time may be unknown."""
    stage.finish(seconds=60)
    found = stage.judge("one", rules=Rules(window=WINDOW), are_unknown_faults=False)
    oldest = max(story.age for story in stories(stage.history))
    stage.notes.append(f"last repeat after {oldest:.1f} s, {len(found.unknown)} unknown")


def _after_kill(stage: Stage) -> None:
    stage.open(MANY, manners=_manners(), env={**ENVIRONMENT, **PATIENT})
    stage.campaign("one")
    stage.under_way(16)
    began = _lose_answers(stage, Mishap.SILENCE_AFTER, between=BETWEEN)
    stage.stranger.kill_everything()
    stage.gateway.manners.trouble = None
    for gap, at in ((LONG_GAP, BACK_AFTER), (0.2, WINDOW + 20)):
        file = stage.stranger.accounts_file(MANY.passwords, columns={"min_interval": gap})
        if gap == LONG_GAP:
            stage.stranger.ok("import_accounts", file)
        time.sleep(max(0.0, began + at - time.monotonic()))
        if gap == LONG_GAP:
            stage.stranger.up()
        else:
            stage.stranger.ok("import_accounts", file)
    _judge(stage)


def _held_up(
    stage: Stage, hold: Callable[[Stage], AbstractContextManager[None]], *, database: str
) -> None:
    """Leave an attempt of every account open, hold everything up for longer than the window."""
    stage.open(WORLD, manners=_manners(), database=database, env=ENVIRONMENT)
    stage.campaign("one")
    stage.under_way(16)
    _lose_answers(stage, Mishap.RESET_AFTER)
    with hold(stage):
        stage.gateway.manners.trouble = None
        time.sleep(WINDOW + 6)
    _judge(stage)


def _skewed_successor(stage: Stage) -> None:
    """A worker dies with open attempts; its successor's clock is behind by the window."""
    if problem := why_impossible():
        raise Skipped(problem)
    clocks = Clocks(stage.folder / "clocks")
    hosts = open_hosts(stage, WORLD, manners=_manners(), env={**ENVIRONMENT, **PATIENT})
    stage.campaign("one")
    stage.under_way(16)
    began = _lose_answers(stage, Mishap.SILENCE_AFTER)
    hosts["worker"].kill()
    stage.gateway.manners.trouble = None
    time.sleep(max(0.0, began + WINDOW + 3 - time.monotonic()))
    start_host(stage, "worker", name="successor", clock=clocks.host("behind", ahead=-WINDOW))
    _judge(stage)


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
        partial(_held_up, hold=lambda s: s.frozen(), database="sqlite"),
    ),
    Scenario(
        "late_skewed_successor",
        f"the next worker's clock is behind by the window: {HOLDS}",
        _skewed_successor,
    ),
)

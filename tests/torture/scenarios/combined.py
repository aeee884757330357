"""A short one for `make test`: the stack stands still for longer than the window, the clock is set
back by an hour, and a campaign is due: nobody twice, nothing late, everything goes on.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from tests.black_box.behaviour import Manners, Mishap
from tests.black_box.history import Rules
from tests.black_box.population import World, import_people
from tests.black_box.traffic import Request
from tests.torture.harness import Skipped, Stage
from tests.torture.host_clocks import Clocks, why_impossible
from tests.torture.scenarios.scenario import Scenario

#: A little longer than the margin before whose end no repeat is made any more.
WINDOW = 18.0
WORLD = World(4, 20)
LOST = Mishap.RESET_AFTER


def _play(stage: Stage) -> None:
    if problem := why_impossible():
        raise Skipped(problem)
    clock = Clocks(stage.folder / "clocks").host("all")
    env = {"QQ_GATEWAY_REPLAY_WINDOW": f"{WINDOW:g}"}
    stage.open(WORLD, manners=Manners(seq_window=WINDOW), clock=clock, env=env)
    import_people(stage.stranger, "few", WORLD.people[:4])
    stage.campaign("one")
    stage.under_way(8)
    stage.gateway.manners.trouble = _lose_answers
    stage.until(
        lambda: {one.account for one in stage.history if one.said == LOST} == set(WORLD.uins),
        seconds=20,
        what="an open attempt of every account",
    )
    with stage.frozen():
        stage.gateway.manners.trouble = None
        time.sleep(WINDOW + 2)
    clock.set(-3600.0)
    due = datetime.fromisoformat(stage.clerk.order("database_time")) + timedelta(seconds=8)
    stage.campaign("later", "--list", "few", "--at", due.isoformat())
    stage.finish(seconds=25)
    rules = Rules(window=WINDOW, gaps=dict.fromkeys(WORLD.uins, 0.2))
    stage.judge("one", "later", rules=rules, are_unknown_faults=False)


def _lose_answers(request: Request) -> Mishap | None:
    return LOST if request.command == "cltmsg" else None


SCENARIOS = (
    Scenario(
        "medley",
        "a stand-still, a clock set back and a schedule: nobody twice, everything goes on",
        _play,
        is_in_suite=True,
    ),
)

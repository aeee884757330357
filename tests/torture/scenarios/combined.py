"""A short combination for `make test`: a frozen stack, a clock set back, and a scheduled campaign.

The stack is frozen for longer than the gateway remembers a SEQ. No message may arrive twice.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from tests.black_box.behaviour import Behaviour, Fault
from tests.black_box.history import Rules
from tests.black_box.population import Population, import_people
from tests.black_box.traffic import Request
from tests.torture.harness import Harness, ScenarioSkipped
from tests.torture.host_clocks import HostClocks, why_unavailable
from tests.torture.scenarios.scenario import Scenario

#: A little longer than the margin at the end of the window in which no repeat is sent.
WINDOW = 18.0
POPULATION = Population(4, 20)
LOST = Fault.RESET_AFTER


def _run(harness: Harness) -> None:
    if problem := why_unavailable():
        raise ScenarioSkipped(problem)
    clock = HostClocks(harness.folder / "clocks").host("all")
    env = {"QQ_GATEWAY_REPLAY_WINDOW": f"{WINDOW:g}"}
    harness.start(POPULATION, behaviour=Behaviour(seq_window=WINDOW), clock=clock, env=env)
    import_people(harness.operator, "few", POPULATION.people[:4])
    harness.campaign("one")
    harness.wait_for_messages(8)
    harness.gateway.behaviour.choose_fault = _lose_answers
    harness.wait_until(
        lambda: (
            {one.account for one in harness.history if one.answer == LOST} == set(POPULATION.uins)
        ),
        seconds=20,
        what="an open attempt of every account",
    )
    with harness.frozen():
        harness.gateway.behaviour.choose_fault = None
        time.sleep(WINDOW + 2)
    clock.set(-3600.0)
    due = datetime.fromisoformat(harness.django.call("database_time")) + timedelta(seconds=8)
    harness.campaign("later", "--list", "few", "--at", due.isoformat())
    harness.wait_for_finish(seconds=25)
    rules = Rules(window=WINDOW, gaps=dict.fromkeys(POPULATION.uins, 0.2))
    harness.check("one", "later", rules=rules, may_be_unknown=True)


def _lose_answers(request: Request) -> Fault | None:
    return LOST if request.command == "cltmsg" else None


SCENARIOS = (
    Scenario(
        "combined",
        "a frozen stack, a clock set back and a schedule: no message twice, all is sent",
        _run,
        is_in_suite=True,
    ),
)

"""Wall clocks that are set by an hour during a run, and hosts with wrong clocks.

The preload of `clock_step.c` changes the wall clock of a whole host or of one process. The gateway
runs without it, and times are checked by its monotonic clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial

from tests.black_box.history import Rules
from tests.black_box.population import Population, import_people
from tests.torture.harness import TEXT, Harness, ScenarioSkipped
from tests.torture.host_clocks import HostClocks, why_unavailable
from tests.torture.hosts import open_hosts
from tests.torture.scenarios.scenario import Scenario

POPULATION = Population(4, 30)
#: One account has a limit of its own, one is made to rest; the others only send.
LIMITED, RESTING, *_OTHERS = POPULATION.uins
PER_MINUTE = 20
GAP = 0.2
#: The rest that the policy for RES=3 sets, and how much later the account may go on, seconds.
REST, REST_SLACK = 20.0, 6.0
#: How far ahead a campaign is scheduled, and how late or early its first message may be, seconds.
AHEAD, LATE, EARLY = 10.0, 12.0, 1.0
HOUR = 3600.0


def _clocks(harness: Harness) -> HostClocks:
    problem = why_unavailable()
    if problem:
        raise ScenarioSkipped(problem)
    return HostClocks(harness.folder / "clocks")


def _step(harness: Harness, *, database: str, seconds: float) -> None:
    """Set the clock of the only host, its database's included, during a run."""
    clock = _clocks(harness).host("all")
    harness.start(POPULATION, database=database, clock=clock, min_interval=GAP)
    _send_and_check(harness, lambda: clock.set(seconds))


def _skew(harness: Harness, *, ahead: Mapping[str, float]) -> None:
    """Run worker, jobs and beat on one host each, some of them with a wrong clock."""
    clocks = _clocks(harness)
    hosts = {kind: clocks.host(kind, ahead=seconds) for kind, seconds in ahead.items()}
    open_hosts(harness, POPULATION, clocks=hosts, min_interval=GAP)
    _send_and_check(harness, lambda: None)


def _send_and_check(harness: Harness, change_clocks: Callable[[], None]) -> None:
    """Send, make an account rest, change the clocks, schedule a campaign, and check all of it."""
    import_people(
        harness.operator, "few", [friends[0] for friends in POPULATION.friends_of.values()]
    )
    harness.set_limits(LIMITED, per_minute=PER_MINUTE)
    one = harness.campaign("one")
    harness.wait_for_messages(10)
    harness.gateway.behaviour.always_too_fast = frozenset({RESTING})
    harness.wait_until(
        lambda: _rested_at(harness) is not None, seconds=20, what="an account's rest"
    )
    harness.gateway.behaviour.always_too_fast = frozenset()
    change_clocks()
    due = _schedule(harness, "later")
    harness.wait_for_finish(seconds=85)
    _check_rest(harness)
    _check_start(harness, due)
    rules = Rules(limits={LIMITED: ((60.0, PER_MINUTE),)}, gaps=dict.fromkeys(POPULATION.uins, GAP))
    harness.check(one, "later", rules=rules)


def _schedule(harness: Harness, name: str) -> float:
    """Schedule a campaign by the database's clock; return when it is due by the monotonic clock."""
    asked_at = time.monotonic()
    at = datetime.fromisoformat(harness.django.call("database_time")) + timedelta(seconds=AHEAD)
    harness.campaign(name, "--list", "few", "--at", at.isoformat())
    return asked_at + AHEAD


def _rested_at(harness: Harness) -> float | None:
    """Return when the account that must rest first got RES=3; None: not yet."""
    throttled = (one for one in harness.history if one.account == RESTING and one.answer == "RES=3")
    return next((one.replied_at for one in throttled), None)


def _check_rest(harness: Harness) -> None:
    began = _rested_at(harness)
    assert began is not None
    after = [one.at - began for one in harness.history if one.account == RESTING and one.at > began]
    if not after:
        harness.failures.append("the account that rested never sent again")
        return
    is_right = REST - 0.1 <= after[0] <= REST + REST_SLACK
    harness.expect(is_right, f"an account rested {after[0]:.1f} s, not {REST:g}")


def _check_start(harness: Harness, due: float) -> None:
    text = f"{TEXT} later".encode()
    at = [one.at for one in harness.history if one.text == text]
    if not at:
        harness.failures.append("the scheduled campaign did not start")
        return
    is_right = -EARLY <= at[0] - due <= LATE
    harness.expect(is_right, f"the scheduled campaign began {at[0] - due:+.1f} s from its time")


EXPECTATION = "everything is sent, rests, limits and a schedule are kept"
STEPS = {"back": -HOUR, "forward": HOUR}
SKEWS: dict[str, Mapping[str, float]] = {
    "worker_ahead": {"worker": 40.0},
    "worker_behind": {"worker": -40.0},
    "beat_behind": {"beat": -12.0},
    "jobs_ahead": {"jobs": 12.0},
    "all_apart": {"worker": -30.0, "jobs": 30.0, "beat": -60.0},
}
SCENARIOS = (
    *(
        Scenario(
            f"clock_{name}_{database}",
            f"the wall clock is set {name} by an hour: {EXPECTATION}",
            partial(_step, database=database, seconds=seconds),
        )
        for database in ("sqlite", "postgresql")
        for name, seconds in STEPS.items()
    ),
    *(
        Scenario(
            f"skew_{name}",
            f"hosts' clocks are off by {dict(ahead)}: {EXPECTATION}",
            partial(_skew, ahead=ahead),
        )
        for name, ahead in SKEWS.items()
    ),
)

"""Outages of the gateway: tries become rarer, and every open attempt is repeated."""

from __future__ import annotations

import time
from functools import partial

from tests.black_box.behaviour import Behaviour, Fault
from tests.black_box.history import Rules
from tests.black_box.population import Population
from tests.black_box.traffic import Request
from tests.torture.connection_attempts import counting_connection_attempts, why_packets_unavailable
from tests.torture.harness import Harness, ScenarioSkipped
from tests.torture.scenarios.scenario import Scenario

#: The pauses before the repeats after a reset, by the policy of a fresh installation.
RESET_PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0, 20.0)
POPULATION = Population(6, 40)
#: How long connections are refused, and the most tries in the last half minute of it.
REFUSED, MOST_LATE_TRIES = 75.0, 6


def _fail_messages(harness: Harness, faults: tuple[Fault, ...]) -> None:
    """Make every message fail; the accounts take turns with the given faults."""
    turns = {uin: faults[n % len(faults)] for n, uin in enumerate(harness.population.uins)}

    def choose(request: Request) -> Fault | None:
        return turns[int(request.text("UIN"))] if request.command == "cltmsg" else None

    harness.gateway.behaviour.choose_fault = choose


def _storm_of_wakes(harness: Harness) -> None:
    """Answers are lost while another campaign is paused and resumed repeatedly."""
    harness.start(POPULATION)
    harness.campaign("one")
    harness.campaign("two")
    harness.wait_for_messages(30)
    with harness.pausing_and_resuming("two"):
        _fail_messages(harness, (Fault.RESET_AFTER, Fault.RESET_BEFORE))
        time.sleep(40)
        harness.gateway.behaviour.choose_fault = None
        harness.wait_for_messages(20, seconds=40)
    harness.django.call("resume_paused")
    harness.wait_for_finish(seconds=60)
    harness.check("one", "two", rules=Rules(pauses=RESET_PAUSES))
    harness.expect_healthy_accounts()


def _flap(harness: Harness, *, seconds: float) -> None:
    """Make the gateway refuse connections and reset messages in turn, for 1.5 s each."""
    ends_at = time.monotonic() + seconds
    _fail_messages(harness, (Fault.RESET_BEFORE, Fault.RESET_AFTER))
    while time.monotonic() < ends_at:
        harness.gateway.offline()
        time.sleep(1.5)
        harness.gateway.online()
        time.sleep(1.5)
    harness.gateway.behaviour.choose_fault = None


def _resets(harness: Harness) -> None:
    """The gateway is reachable at times and never answers: one outage is recorded."""
    harness.start(POPULATION)
    harness.campaign("one")
    harness.wait_for_messages(30)
    before = harness.django.call("outages")
    _flap(harness, seconds=45)
    harness.wait_for_finish(seconds=60)
    outages = harness.django.call("outages") - before
    harness.notes.append(f"{outages} outages")
    harness.expect(outages <= 1, f"{outages} outages instead of one")
    harness.check("one", rules=Rules(pauses=RESET_PAUSES))
    harness.expect_healthy_accounts()


def _reset_at_once(harness: Harness) -> None:
    """Every new connection is reset at once."""
    harness.start(POPULATION)
    harness.campaign("one")
    harness.wait_for_messages(30)
    harness.gateway.behaviour.resets_on_accept = True
    harness.gateway.drop_connections()
    made = harness.gateway.traffic.connections
    time.sleep(45)
    harness.notes.append(f"{harness.gateway.traffic.connections - made} connections")
    harness.gateway.behaviour.resets_on_accept = False
    harness.wait_for_finish(seconds=60)
    harness.check("one")
    harness.expect_healthy_accounts()


def _errors(harness: Harness) -> None:
    """HTTP 5xx for longer than all tries together, and for less than the window."""
    window, seconds = (600.0, 170.0) if harness.is_long else (60.0, 25.0)
    env = {"QQ_GATEWAY_REPLAY_WINDOW": f"{window:g}"}
    harness.start(POPULATION, behaviour=Behaviour(seq_window=window), env=env)
    if not harness.is_long:  # ten tries in 15 seconds; by default they take two minutes
        short = {"max_tries": 10, "backoff_seconds": 0.2, "backoff_longest": 2.0}
        harness.django.call("set_policy", code="HTTP_*", action="replay", **short)
        time.sleep(6)
    harness.campaign("one")
    harness.wait_for_messages(30)
    _fail_messages(harness, (Fault.ERROR_AFTER, Fault.ERROR_BEFORE))
    time.sleep(seconds)
    harness.gateway.behaviour.choose_fault = None
    harness.wait_for_finish(seconds=90)
    harness.check("one", rules=Rules(window=window))
    harness.expect_healthy_accounts()


def _silence(harness: Harness, *, seconds: float) -> None:
    """No answers for longer than six tries take."""
    harness.start(POPULATION)
    harness.campaign("one")
    harness.wait_for_messages(30)
    _fail_messages(harness, (Fault.SILENCE_AFTER, Fault.SILENCE_BEFORE))
    time.sleep(seconds)
    harness.gateway.behaviour.choose_fault = None
    harness.wait_for_finish(seconds=90)
    harness.check("one")
    harness.expect_healthy_accounts()


def _refused(harness: Harness) -> None:
    """The gateway's port is closed: tries become rarer, and afterwards everything is sent."""
    if problem := why_packets_unavailable():
        raise ScenarioSkipped(problem)
    harness.start(POPULATION)
    harness.campaign("one")
    harness.wait_for_messages(30)
    with counting_connection_attempts(harness.gateway.port) as tried:
        harness.gateway.offline()
        began = time.monotonic()
        time.sleep(REFUSED)
        late = [at for at in tried if began + REFUSED - 30 < at < began + REFUSED]
    harness.gateway.online()
    harness.notes.append(f"{len(tried)} tries in {REFUSED:g} s, {len(late)} in the last 30")
    harness.expect(len(late) <= MOST_LATE_TRIES, f"{len(late)} tries in the last 30 s")
    harness.wait_for_finish(seconds=60)
    harness.check("one")
    harness.expect_healthy_accounts()


SCENARIOS = (
    Scenario(
        "storm_of_wakes",
        "answers lost for 40 s, another campaign paused and resumed repeatedly: 0 unknown, no "
        "repeat before its pause is over",
        _storm_of_wakes,
    ),
    Scenario("resets", "refused and reset in turn for 45 s: one outage, 0 unknown", _resets),
    Scenario("reset_at_once", "every connection reset for 45 s: 0 unknown", _reset_at_once),
    Scenario("errors", "HTTP 5xx for most of the window: 0 unknown", _errors),
    Scenario("silence", "no answer for 80 s: 0 unknown", partial(_silence, seconds=80.0)),
    Scenario(
        "refused", "connections refused: tries become rarer, afterwards all is sent", _refused
    ),
)

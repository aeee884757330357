"""A gateway whose logins fail: an outage, and no fault of an account."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial

from tests.black_box.behaviour import Fault
from tests.black_box.population import Population
from tests.black_box.traffic import Request
from tests.torture.harness import Harness
from tests.torture.scenarios.scenario import Scenario

KINDS = {
    "5xx": Fault.ERROR_BEFORE,
    "reset": Fault.RESET_BEFORE,
    "null": Fault.EMPTY_BEFORE,
    "silence": Fault.SILENCE_BEFORE,
}
POPULATION = Population(8, 30)
#: Long enough for five tries with pauses of 1, 2, 5 and 10 seconds.
OUTAGE, LONG_OUTAGE = 60.0, 1200.0
#: The most logins of all accounts together in the last half minute of an outage.
MOST_LOGINS = 24


def _fail_logins(harness: Harness, faults: Mapping[int, Fault], *, seconds: float) -> None:
    """Send a campaign, end all sessions in the middle, and make logins fail for a while."""
    harness.start(POPULATION, min_interval=0.3)
    harness.campaign("one")
    harness.wait_for_messages(40)

    def fail(request: Request) -> Fault | None:
        return faults[int(request.text("UIN"))] if request.command == "login" else None

    harness.gateway.behaviour.choose_fault = fail
    harness.gateway.forget_sessions()
    began = time.monotonic()
    time.sleep(seconds - 15)
    harness.expect(
        harness.operator.status("one")["why"], "nothing is sent, and the status gives no reason"
    )
    time.sleep(max(0.0, seconds - (time.monotonic() - began)))
    ended = time.monotonic()
    logins = sum(
        one.command == "login" and ended - 30 < one.at < ended
        for one in list(harness.gateway.traffic.requests)
    )
    harness.notes.append(f"{logins} logins in the last 30 s")
    harness.expect(logins <= MOST_LOGINS, f"{logins} logins in the last 30 s of the outage")
    harness.gateway.behaviour.choose_fault = None
    harness.wait_for_finish(seconds=60)
    harness.expect_healthy_accounts()
    harness.check("one")


def _one_kind(harness: Harness, *, kind: str, seconds: float) -> None:
    _fail_logins(harness, dict.fromkeys(POPULATION.uins, KINDS[kind]), seconds=seconds)


def _all_kinds(harness: Harness) -> None:
    kinds = list(KINDS.values())
    faults = {uin: kinds[n % len(kinds)] for n, uin in enumerate(POPULATION.uins)}
    _fail_logins(harness, faults, seconds=OUTAGE)


EXPECTATION = (
    "sessions lost, logins answered {kind} for {seconds:g} s: all is sent, no account ends"
)
SCENARIOS = (
    *(
        Scenario(
            f"logins_{kind}",
            EXPECTATION.format(kind=kind, seconds=OUTAGE),
            partial(_one_kind, kind=kind, seconds=OUTAGE),
        )
        for kind in KINDS
    ),
    Scenario("logins_all_kinds", "the same, another kind for each two accounts", _all_kinds),
    *(
        Scenario(
            f"logins_{kind}_20_minutes",
            EXPECTATION.format(kind=kind, seconds=LONG_OUTAGE),
            partial(_one_kind, kind=kind, seconds=LONG_OUTAGE),
            is_long=True,
        )
        for kind in KINDS
    ),
)

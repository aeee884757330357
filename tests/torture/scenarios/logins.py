"""A gateway whose logins fail: its trouble, and no account's."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial

from tests.black_box.behaviour import Mishap
from tests.black_box.population import World
from tests.black_box.traffic import Request
from tests.torture.harness import Stage
from tests.torture.scenarios.scenario import Scenario

KINDS = {
    "5xx": Mishap.ERROR_BEFORE,
    "reset": Mishap.RESET_BEFORE,
    "null": Mishap.EMPTY_BEFORE,
    "silence": Mishap.SILENCE_BEFORE,
}
WORLD = World(8, 30)
#: Long enough for five tries with pauses of 1, 2, 5 and 10 seconds, and what lies between them.
OUTAGE, LONG_OUTAGE = 60.0, 1200.0
#: Logins of all accounts together that are patient, in the last half minute of an outage.
PATIENT = 24


def _fail_logins(stage: Stage, mishaps: Mapping[int, Mishap], *, seconds: float) -> None:
    """Send a campaign, lose all sessions in the middle, and let the logins fail for a while."""
    stage.open(WORLD, min_interval=0.3)
    stage.campaign("one")
    stage.under_way(40)

    def fail(request: Request) -> Mishap | None:
        return mishaps[int(request.text("UIN"))] if request.command == "login" else None

    stage.gateway.manners.trouble = fail
    stage.gateway.forget_sessions()
    began = time.monotonic()
    time.sleep(seconds - 15)
    stage.expect(stage.stranger.status("one")["why"], "nothing moves, and nobody is told why")
    time.sleep(max(0.0, seconds - (time.monotonic() - began)))
    ended = time.monotonic()
    logins = sum(
        one.command == "login" and ended - 30 < one.at < ended
        for one in list(stage.gateway.arrived.requests)
    )
    stage.notes.append(f"{logins} logins in the last 30 s")
    stage.expect(logins <= PATIENT, f"{logins} logins in the last 30 s of the outage")
    stage.gateway.manners.trouble = None
    stage.finish(seconds=60)
    stage.accounts_are_well()
    stage.judge("one")


def _one_kind(stage: Stage, *, kind: str, seconds: float) -> None:
    _fail_logins(stage, dict.fromkeys(WORLD.uins, KINDS[kind]), seconds=seconds)


def _all_kinds(stage: Stage) -> None:
    kinds = list(KINDS.values())
    mishaps = {uin: kinds[n % len(kinds)] for n, uin in enumerate(WORLD.uins)}
    _fail_logins(stage, mishaps, seconds=OUTAGE)


HOLDS = "sessions lost, logins answered {kind} for {seconds:g} s: all is sent, no account ends"
SCENARIOS = (
    *(
        Scenario(
            f"logins_{kind}",
            HOLDS.format(kind=kind, seconds=OUTAGE),
            partial(_one_kind, kind=kind, seconds=OUTAGE),
        )
        for kind in KINDS
    ),
    Scenario("logins_all_kinds", "the same, another kind for each two accounts", _all_kinds),
    *(
        Scenario(
            f"logins_{kind}_20_minutes",
            HOLDS.format(kind=kind, seconds=LONG_OUTAGE),
            partial(_one_kind, kind=kind, seconds=LONG_OUTAGE),
            is_long=True,
        )
        for kind in KINDS
    ),
)

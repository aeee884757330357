"""A gateway in trouble for a while: asked about patiently, and about every open attempt."""

from __future__ import annotations

import time
from functools import partial

from tests.black_box.behaviour import Manners, Mishap
from tests.black_box.history import Rules
from tests.black_box.population import World
from tests.black_box.traffic import Request
from tests.torture.connection_attempts import counted_connects, why_not_counted
from tests.torture.harness import Skipped, Stage
from tests.torture.scenarios.scenario import Scenario

#: The pauses before the repeats after a reset, by the policy of a fresh installation.
RESET_PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0, 20.0)
WORLD = World(6, 40)
#: How long the gateway is refused, and how often it may be tried in the last half minute of it.
REFUSED, TRIES_IN_THE_END = 75.0, 6


def _trouble(stage: Stage, mishaps: tuple[Mishap, ...]) -> None:
    """Let every message have this mishap: the accounts in turn another one."""
    turns = {uin: mishaps[n % len(mishaps)] for n, uin in enumerate(stage.world.uins)}

    def spoil(request: Request) -> Mishap | None:
        return turns[int(request.text("UIN"))] if request.command == "cltmsg" else None

    stage.gateway.manners.trouble = spoil


def _storm_of_wakes(stage: Stage) -> None:
    """Answers are lost while another campaign is paused and resumed all the time."""
    stage.open(WORLD)
    stage.campaign("one")
    stage.campaign("two")
    stage.under_way(30)
    with stage.storm("two"):
        _trouble(stage, (Mishap.RESET_AFTER, Mishap.RESET_BEFORE))
        time.sleep(40)
        stage.gateway.manners.trouble = None
        stage.under_way(20, seconds=40)
    stage.clerk.order("resume_paused")
    stage.finish(seconds=60)
    stage.judge("one", "two", rules=Rules(pauses=RESET_PAUSES))
    stage.accounts_are_well()


def _flap(stage: Stage, *, seconds: float) -> None:
    """Let the gateway refuse connections and reset messages in turn, a second and a half each."""
    ends_at = time.monotonic() + seconds
    _trouble(stage, (Mishap.RESET_BEFORE, Mishap.RESET_AFTER))
    while time.monotonic() < ends_at:
        stage.gateway.offline()
        time.sleep(1.5)
        stage.gateway.online()
        time.sleep(1.5)
    stage.gateway.manners.trouble = None


def _resets(stage: Stage) -> None:
    """A gateway that is reached now and then, and never answers: one outage."""
    stage.open(WORLD)
    stage.campaign("one")
    stage.under_way(30)
    before = stage.clerk.order("outages")
    _flap(stage, seconds=45)
    stage.finish(seconds=60)
    outages = stage.clerk.order("outages") - before
    stage.notes.append(f"{outages} outages")
    stage.expect(outages <= 1, f"{outages} outages instead of one")
    stage.judge("one", rules=Rules(pauses=RESET_PAUSES))
    stage.accounts_are_well()


def _reset_at_once(stage: Stage) -> None:
    """Every connection is reset as soon as it is made."""
    stage.open(WORLD)
    stage.campaign("one")
    stage.under_way(30)
    stage.gateway.manners.resets_on_accept = True
    stage.gateway.drop_connections()
    made = stage.gateway.arrived.connections
    time.sleep(45)
    stage.notes.append(f"{stage.gateway.arrived.connections - made} connections")
    stage.gateway.manners.resets_on_accept = False
    stage.finish(seconds=60)
    stage.judge("one")
    stage.accounts_are_well()


def _errors(stage: Stage) -> None:
    """HTTP 5xx for longer than any count of tries, and for less than the window."""
    window, seconds = (600.0, 170.0) if stage.is_long else (60.0, 25.0)
    env = {"QQ_GATEWAY_REPLAY_WINDOW": f"{window:g}"}
    stage.open(WORLD, manners=Manners(seq_window=window), env=env)
    if not stage.is_long:  # ten tries in 15 seconds, which are two minutes by default
        short = {"max_tries": 10, "backoff_seconds": 0.2, "backoff_longest": 2.0}
        stage.clerk.order("set_policy", code="HTTP_*", action="replay", **short)
        time.sleep(6)
    stage.campaign("one")
    stage.under_way(30)
    _trouble(stage, (Mishap.ERROR_AFTER, Mishap.ERROR_BEFORE))
    time.sleep(seconds)
    stage.gateway.manners.trouble = None
    stage.finish(seconds=90)
    stage.judge("one", rules=Rules(window=window))
    stage.accounts_are_well()


def _silence(stage: Stage, *, seconds: float) -> None:
    """No answer at all, for longer than six tries last."""
    stage.open(WORLD)
    stage.campaign("one")
    stage.under_way(30)
    _trouble(stage, (Mishap.SILENCE_AFTER, Mishap.SILENCE_BEFORE))
    time.sleep(seconds)
    stage.gateway.manners.trouble = None
    stage.finish(seconds=90)
    stage.judge("one")
    stage.accounts_are_well()


def _refused(stage: Stage) -> None:
    """The gateway's port is closed: it is tried more and more seldom, and everything goes on."""
    if problem := why_not_counted():
        raise Skipped(problem)
    stage.open(WORLD)
    stage.campaign("one")
    stage.under_way(30)
    with counted_connects(stage.gateway.port) as tried:
        stage.gateway.offline()
        began = time.monotonic()
        time.sleep(REFUSED)
        late = [at for at in tried if began + REFUSED - 30 < at < began + REFUSED]
    stage.gateway.online()
    stage.notes.append(f"{len(tried)} tries in {REFUSED:g} s, {len(late)} in the last 30")
    stage.expect(len(late) <= TRIES_IN_THE_END, f"{len(late)} tries in the last 30 s")
    stage.finish(seconds=60)
    stage.judge("one")
    stage.accounts_are_well()


SCENARIOS = (
    Scenario(
        "storm_of_wakes",
        "answers lost for 40 s, another campaign paused and resumed all the time: 0 unknown, no "
        "repeat before its pause is over",
        _storm_of_wakes,
    ),
    Scenario("resets", "refused and reset in turn for 45 s: one outage, 0 unknown", _resets),
    Scenario("reset_at_once", "every connection reset for 45 s: 0 unknown", _reset_at_once),
    Scenario("errors", "HTTP 5xx for most of the window: 0 unknown", _errors),
    Scenario("silence", "no answer for 80 s: 0 unknown", partial(_silence, seconds=80.0)),
    Scenario("refused", "connections refused: probes grow apart, everything goes on", _refused),
)

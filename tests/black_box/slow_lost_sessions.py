"""A gateway that grants every login and then knows nobody: nothing lost, no login a message."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

from tests.black_box.conftest import Arrive
from tests.black_box.gateway import Gateway
from tests.black_box.operator_cli import Stranger
from tests.black_box.population import World, assert_all_arrived, launch_campaign, move_in

TEXT = "你好 100% & more = fine + hi"
WORLD = World(5, 60)
GAP = 0.1


def _under_way(arrive: Arrive) -> tuple[Stranger, Gateway]:
    stranger, gateway = arrive(WORLD)
    stranger.up()
    move_in(stranger, WORLD, min_interval=GAP)
    launch_campaign(stranger, "one", TEXT)
    stranger.until(lambda: len(gateway.arrived.messages) > 50)
    return stranger, gateway


def _status_of(stranger: Stranger, uin: int) -> dict[str, Any]:
    [status] = stranger.ok("accounts", "status", uin)
    return dict(status)


def _logins(gateway: Gateway) -> dict[int, int]:
    return {uin: gateway.arrived.logins(uin) for uin in WORLD.uins}


def test_for_some_seconds_nobody_is_known(arrive: Arrive) -> None:
    stranger, gateway = _under_way(arrive)
    before = _logins(gateway)
    gateway.manners.disowned = frozenset(WORLD.uins)
    began = time.monotonic()
    stranger.until(lambda: _status_of(stranger, WORLD.uins[0])["state"] == "resting", seconds=10)
    resting = _status_of(stranger, WORLD.uins[0])
    time.sleep(max(0.0, 6 - (time.monotonic() - began)))
    gateway.manners.disowned = frozenset()
    figures = stranger.wait("one", seconds=60)
    assert figures["sent"] == figures["targeted"] == len(WORLD.people), figures
    assert figures["res"]["20"] == gateway.arrived.answers["cltmsg RES=20"], figures
    assert_all_arrived(gateway, TEXT, WORLD.people)
    assert resting["reason"] == "session_ended", resting
    assert "RES=20" in resting["detail"], resting
    asked = {uin: count - before[uin] for uin, count in _logins(gateway).items()}
    assert all(1 <= count <= 5 for count in asked.values()), asked
    assert {status["state"] for status in stranger.ok("accounts", "status")} == {"online"}


def test_one_account_is_known_no_more(arrive: Arrive) -> None:
    stranger, gateway = _under_way(arrive)
    poor, *others = WORLD.uins
    before = _logins(gateway)
    gateway.manners.disowned = frozenset({poor})
    friends = {person for uin in others for person in WORLD.friends_of[uin]}
    stranger.until(lambda: friends <= {m.to for m in list(gateway.arrived.messages)}, seconds=30)
    for uin in others:
        at = [message.at for message in gateway.arrived.messages if message.sender == uin]
        assert max(after - before for before, after in pairwise(at)) < 1.5, "the others noticed"
    assert all(_logins(gateway)[uin] == before[uin] for uin in others)
    time.sleep(10)
    status = _status_of(stranger, poor)
    assert (status["state"], status["reason"]) == ("resting", "session_ended"), status
    assert status["resting_until"], status
    assert gateway.arrived.logins(poor) - before[poor] <= 6
    one = stranger.status("one")
    assert (one["state"], one["failed"]) == ("running", 0), one
    assert one["why"], "nothing moves, and nobody is told why"
    gateway.manners.disowned = frozenset()
    stranger.ok("accounts", "enable", poor)
    figures = stranger.wait("one", seconds=60)
    assert figures["sent"] == len(WORLD.people), figures
    assert_all_arrived(gateway, TEXT, WORLD.people)

"""A gateway that changes its mind in the middle of a run."""

from __future__ import annotations

import time
from collections import Counter
from itertools import pairwise

from tests.black_box.behaviour import Manners
from tests.black_box.conftest import Arrive
from tests.black_box.gateway import Gateway
from tests.black_box.population import World, assert_all_arrived, launch_campaign, move_in

TEXT = "hello {not} 你好"
GAP = 0.2


def _gaps(gateway: Gateway, uin: int) -> list[float]:
    at = [message.at for message in gateway.arrived.messages if message.sender == uin]
    return [after - before for before, after in pairwise(at)]


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def test_the_minimum_interval_is_doubled_for_a_while(arrive: Arrive) -> None:
    """Each account is told once, rests, goes slower, and finds its pace again."""
    world = World(3, 180)
    stranger, gateway = arrive(world, Manners(min_interval=GAP, penalty=1))
    stranger.up()
    move_in(stranger, world, min_interval=GAP)
    launch_campaign(stranger, "one", TEXT)
    stranger.until(lambda: len(gateway.arrived.messages) > 60)
    gateway.manners.min_interval = 2 * GAP
    stranger.until(lambda: len({m.sender for m in gateway.arrived.too_soon}) == 3, seconds=10)
    gateway.manners.min_interval = GAP
    figures = stranger.wait("one", seconds=120)
    assert figures["sent"] == len(world.people), figures
    assert figures["res"]["3"] == len(gateway.arrived.too_soon)
    assert_all_arrived(gateway, TEXT, world.people)
    told = Counter(message.sender for message in gateway.arrived.too_soon)
    assert set(told.values()) == {1}, told
    for uin in world.uins:
        gaps = _gaps(gateway, uin)
        rest = gaps.index(max(gaps))
        print(uin, rest, gaps[rest], _median(gaps[rest + 1 : rest + 16]), _median(gaps[-15:]))
        assert gaps[rest] > 20, "it did not rest"
        assert min(gaps[rest + 1 : rest + 16]) >= 1.5 * GAP, "it did not slow down"
        assert _median(gaps[-15:]) < 1.3 * GAP, "it did not recover"


def test_a_penalty_of_twenty_seconds_and_a_stack_that_is_stopped_in_it(arrive: Arrive) -> None:
    """The answer RES=3 is waited for; where nobody can wait, the next one asks again."""
    world = World(3, 60)
    stranger, gateway = arrive(world, Manners(min_interval=GAP, penalty=20))
    stranger.up()
    move_in(stranger, world, min_interval=GAP)
    fast, *others = world.uins
    stranger.ok(
        "import_accounts", stranger.write("fast.csv", f"uin,min_interval\n{fast},{GAP / 1.4}\n")
    )
    launch_campaign(stranger, "one", TEXT)
    stranger.until(lambda: bool(gateway.arrived.too_soon), seconds=20)
    friends = {person for uin in others for person in world.friends_of[uin]}
    stranger.until(lambda: friends <= {m.to for m in list(gateway.arrived.messages)}, seconds=17)
    assert gateway.arrived.answers["cltmsg RES=3"] == 0, "the others waited for the penalty"
    stranger.until(lambda: gateway.arrived.answers["cltmsg RES=3"] == 1, seconds=22)
    stranger.until(lambda: stranger.status("one")["res"].get("3") == 1, seconds=5)
    assert gateway.arrived.replays == [], "a throttle was taken for a loss"
    # And once more, but now nobody is there when the answer comes.
    stranger.ok("accounts", "enable", fast)
    gateway.manners.min_interval = 10.0
    stranger.until(lambda: len(gateway.arrived.too_soon) == 2, seconds=30)
    gateway.manners.min_interval = GAP
    began = time.monotonic()
    assert stranger.end() == 0
    assert time.monotonic() - began < 20, "a stop waited for the gateway"
    stranger.up()
    figures = stranger.wait("one", seconds=120)
    assert figures["sent"] == len(world.people), figures
    assert_all_arrived(gateway, TEXT, world.people)
    assert {m.sender for m in gateway.arrived.too_soon} == {fast}


def test_heartbeats_are_answered_with_nothing_for_a_while(arrive: Arrive) -> None:
    world = World(3, 60)
    stranger, gateway = arrive(world, Manners(hi=1, li=6))
    stranger.up()
    move_in(stranger, world, min_interval=0.15)
    launch_campaign(stranger, "one", TEXT)
    stranger.until(lambda: len(gateway.arrived.messages) > 20)
    gateway.manners.mute = frozenset({"getmsgex"})
    stranger.until(lambda: gateway.arrived.answers["NULL"] >= 6, seconds=20)
    sent = len(gateway.arrived.messages)
    stranger.until(lambda: len(gateway.arrived.messages) > sent + 10, seconds=5)
    gateway.manners.mute = frozenset()
    figures = stranger.wait("one")
    assert (figures["sent"], set(figures["res"])) == (len(world.people), {"0"}), figures
    assert_all_arrived(gateway, TEXT, world.people)
    heard = gateway.arrived.answers["getmsgex RES=0"]
    stranger.until(lambda: gateway.arrived.answers["getmsgex RES=0"] > heard + 3, seconds=10)
    assert {status["state"] for status in stranger.ok("accounts", "status")} == {"online"}
    assert all(gateway.arrived.logins(uin) == 1 for uin in world.uins)

"""What an operator asks of accounts that are in the middle of a run."""

from __future__ import annotations

import time
from itertools import pairwise

from tests.black_box.behaviour import Manners
from tests.black_box.conftest import Arrive
from tests.black_box.gateway import Gateway
from tests.black_box.population import World, assert_all_arrived, launch_campaign, move_in

TEXT = "hello {not} 你好"
GAP = 0.3
#: Seconds from the command's first line to its answer, the start of Python included.
SOON = 8.0


def _longest_pause(gateway: Gateway, uin: int) -> float:
    at = [message.at for message in list(gateway.arrived.messages) if message.sender == uin]
    return max(after - before for before, after in pairwise(at))


def test_errands_in_the_middle_of_a_run(arrive: Arrive) -> None:
    world = World(4, 100)
    stranger, gateway = arrive(world, Manners(min_interval=GAP, penalty=2))
    stranger.up()
    move_in(stranger, world, min_interval=GAP)
    launch_campaign(stranger, "one", TEXT)
    stranger.until(lambda: len(gateway.arrived.messages) > 20)
    resting, *others = world.uins
    gateway.friends[others[0]].append(9_000_001)
    began = time.monotonic()
    said = {row["uin"]: row for row in stranger.ok("accounts", "sync", "--all")}
    assert time.monotonic() - began < SOON
    assert [said[uin]["friends"] for uin in world.uins] == [100, 101, 100, 100]
    began, logins = time.monotonic(), gateway.arrived.logins(others[0])
    assert stranger.ok("accounts", "login", *others)[0]["state"] == "online"
    assert time.monotonic() - began < SOON
    assert gateway.arrived.logins(others[0]) == logins + 1
    stranger.ok("accounts", "rest", resting, "--seconds", 600)
    at = time.monotonic()
    for uin in (resting, others[0]):  # one sends nothing, one sends on
        assert stranger.ok("accounts", "sync", uin)[0]["sentence"]
    late = [m for m in gateway.arrived.messages if m.sender == resting and m.at > at + 1]
    assert late == []
    assert stranger.ok("accounts", "status", resting)[0]["state"] == "resting"
    assert stranger.ok("accounts", "enable", resting)
    assert stranger.ok("accounts", "enable", others[0])[0]["state"] == "online"
    figures = stranger.wait("one", seconds=90)
    assert figures["sent"] == 400, figures
    assert_all_arrived(gateway, TEXT, world.people)
    assert gateway.arrived.too_soon == []
    assert all(_longest_pause(gateway, uin) < 2.5 for uin in others)


def test_an_errand_and_a_rest_while_the_gateway_punishes(arrive: Arrive) -> None:
    """RES=3 makes the account rest by itself. What an operator asks then holds all the same."""
    world = World(2, 40)
    stranger, gateway = arrive(world, Manners(min_interval=0.4, penalty=0.5))
    stranger.up()
    move_in(stranger, world, min_interval=0.4)
    fast, _other = world.uins
    file = stranger.write("fast.csv", f"uin,min_interval\n{fast},0.05\n")
    stranger.ok("import_accounts", file)
    launch_campaign(stranger, "one", TEXT)
    stranger.until(lambda: bool(gateway.arrived.too_soon))
    stranger.until(
        lambda: stranger.ok("accounts", "status", fast)[0]["reason"] == "too_fast", seconds=5
    )
    stranger.ok("accounts", "rest", fast, "--seconds", 600)
    at = time.monotonic()
    time.sleep(23)  # its own rest, of 20 s, is over
    status = stranger.ok("accounts", "status", fast)[0]
    assert (status["state"], status["reason"]) == ("resting", "by_operator"), status
    assert [m for m in gateway.arrived.messages if m.sender == fast and m.at > at] == []
    stranger.ok("import_accounts", stranger.write("slow.csv", f"uin,min_interval\n{fast},0.4\n"))
    began = time.monotonic()
    assert stranger.ok("accounts", "sync", fast)[0]["friends"] == 40
    assert time.monotonic() - began < SOON
    stranger.ok("accounts", "enable", fast)
    assert stranger.wait("one", seconds=90)["sent"] == 80
    assert_all_arrived(gateway, TEXT, world.people)

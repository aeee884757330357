"""Whatever is killed, whatever the gateway does: everybody gets it, nobody twice."""

from __future__ import annotations

import shutil
import time

import pytest

from tests.black_box.behaviour import QUICK_MISHAPS, Manners, Mishap
from tests.black_box.conftest import Arrive
from tests.black_box.gateway import Gateway
from tests.black_box.operator_cli import Stranger
from tests.black_box.population import World, assert_all_arrived, launch_campaign, move_in

TEXT = "你好 100% & more = fine + hi"
WORLD = World(10, 100)
#: What reports call each mishap.
CODES = {
    Mishap.EMPTY_BEFORE: "NULL",
    Mishap.EMPTY_AFTER: "NULL",
    Mishap.RESET_BEFORE: "reset",
    Mishap.RESET_AFTER: "reset",
    Mishap.ERROR_BEFORE: "HTTP_502",
    Mishap.ERROR_AFTER: "HTTP_502",
    Mishap.CUT_AFTER: "reset",
    Mishap.RESET_IN_BODY_AFTER: "reset",
}


def _under_way(stranger: Stranger, gateway: Gateway, count: int) -> None:
    already = len(gateway.arrived.messages)
    stranger.until(lambda: len(gateway.arrived.messages) >= already + count)


def _assert_done(stranger: Stranger, gateway: Gateway) -> None:
    figures = stranger.wait("one", seconds=240)
    assert figures["sent"] == figures["targeted"] == len(WORLD.people), figures
    assert_all_arrived(gateway, TEXT, WORLD.people)
    rows = stranger.report("one")
    assert {row["state"] for row in rows} == {"sent"}
    assert sorted(int(row["uin"]) for row in rows) == WORLD.people


def test_the_worker_is_killed(arrive: Arrive) -> None:
    stranger, gateway = arrive(WORLD)
    stranger.up()
    move_in(stranger, WORLD, min_interval=0.05)
    launch_campaign(stranger, "one", TEXT)
    for _ in range(3):
        _under_way(stranger, gateway, 150)
        stranger.kill("worker")
    _assert_done(stranger, gateway)


def test_redis_is_killed_and_its_data_gone(arrive: Arrive) -> None:
    stranger, gateway = arrive(WORLD)
    stranger.up()
    move_in(stranger, WORLD, min_interval=0.05, per_minute=600)
    launch_campaign(stranger, "one", TEXT)
    for _ in range(2):
        _under_way(stranger, gateway, 150)
        stranger.kill("redis")
        stranger.is_bereft = True
        shutil.rmtree(stranger.home / "redis", ignore_errors=True)
    _assert_done(stranger, gateway)


def test_every_other_part_is_killed(arrive: Arrive) -> None:
    stranger, gateway = arrive(WORLD)
    stranger.up()
    move_in(stranger, WORLD, min_interval=0.05)
    launch_campaign(stranger, "one", TEXT)
    for part in ("jobs", "beat", "web"):
        _under_way(stranger, gateway, 100)
        stranger.kill(part)
    _assert_done(stranger, gateway)


def test_the_whole_stack_is_killed_and_started_again(arrive: Arrive) -> None:
    stranger, gateway = arrive(WORLD)
    stranger.up()
    move_in(stranger, WORLD, min_interval=0.05)
    launch_campaign(stranger, "one", TEXT)
    _under_way(stranger, gateway, 300)
    stranger.kill_everything()
    stranger.up()
    _assert_done(stranger, gateway)


def test_the_gateway_is_away_for_twenty_seconds(arrive: Arrive) -> None:
    stranger, gateway = arrive(WORLD)
    stranger.up()
    move_in(stranger, WORLD, min_interval=0.05)
    launch_campaign(stranger, "one", TEXT)
    _under_way(stranger, gateway, 300)
    gateway.offline()
    time.sleep(10)
    figures = stranger.status("one")
    assert figures["state"] == "running"
    assert figures["why"], "nothing moves, and nobody is told why"
    time.sleep(10)
    gateway.online()
    gateway.forget_sessions()
    _assert_done(stranger, gateway)


@pytest.mark.parametrize("mishap", QUICK_MISHAPS)
def test_a_tenth_of_the_answers_is_none(arrive: Arrive, mishap: Mishap) -> None:
    stranger, gateway = arrive(WORLD, Manners(mishaps={mishap: 0.1}))
    stranger.up()
    move_in(stranger, WORLD, min_interval=0.02)
    launch_campaign(stranger, "one", TEXT)
    _assert_done(stranger, gateway)
    figures = stranger.status("one")
    assert figures["res"].keys() == {"0", CODES[mishap]}, figures
    assert figures["res"][CODES[mishap]] == gateway.arrived.answers[str(mishap)], figures
    assert bool(gateway.arrived.replays) == mishap.is_after

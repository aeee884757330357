"""Processes that stand still for a while (SIGSTOP), and go on as if nothing had been."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.black_box.conftest import Arrive
from tests.black_box.gateway import Gateway
from tests.black_box.operator_cli import Stranger
from tests.black_box.population import (
    World,
    assert_all_arrived,
    import_people,
    launch_campaign,
    move_in,
)

TEXT = "你好 100% & more = fine + hi"
NORTH, SOUTH = "127.0.0.11", "127.0.0.12"
FROZEN_SECONDS = 40.0


@contextmanager
def _frozen(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def _senders(gateway: Gateway, ip: str, *, since: float = 0.0) -> set[int]:
    return {
        int(request.text("UIN"))
        for request in list(gateway.arrived.requests)
        if request.ip == ip and request.at > since and request.command == "cltmsg"
    }


def test_a_frozen_worker_of_two_says_nothing_when_it_goes_on(
    tmp_path: Path, arrive: Arrive, postgresql_url: str
) -> None:
    """Its accounts send from the other egress meanwhile, and stay there."""
    world = World(6, 180)
    shared = {"SECRET_KEY": "s" * 50, "CREDENTIAL_KEYS": "k" * 50, "DATABASE_URL": postgresql_url}
    first, gateway = arrive(world, **shared, EGRESS_NAME="north", EGRESS_SOURCE_ADDRESS=NORTH)
    first.up()
    env = {
        **shared,
        "EGRESS_NAME": "south",
        "EGRESS_SOURCE_ADDRESS": SOUTH,
        "QQ_GATEWAY_URL": gateway.url,
        "REDIS_URL": f"unix://{first.home}/redis.sock",
    }
    with Stranger(tmp_path / "second", env=env) as second:
        second.up()
        move_in(first, world, min_interval=0.25)
        launch_campaign(first, "one", TEXT)
        first.until(lambda: len(gateway.arrived.messages) > 100)
        gateway.manners.delay = 0.1  # so that it is frozen with requests under way
        moving = _senders(gateway, SOUTH)
        assert moving, "the worker that is to freeze sends nothing"
        time.sleep(1)
        with _frozen(second.pid("worker")):
            at = time.monotonic()
            first.until(lambda: _senders(gateway, NORTH, since=at) >= set(world.uins), seconds=60)
            print(f"taken over within {time.monotonic() - at:.1f} s")
            time.sleep(max(0.0, FROZEN_SECONDS - (time.monotonic() - at)))
            logins = {uin: gateway.arrived.logins(uin) for uin in world.uins}
        at = time.monotonic()
        figures = first.wait("one", seconds=120)
        assert figures["sent"] == len(world.people), figures
        assert_all_arrived(gateway, TEXT, world.people)
        said = [(r.command, r.text("UIN")) for r in gateway.arrived.requests if r.at > at]
        late = [r.command for r in gateway.arrived.requests if r.at > at and r.ip == SOUTH]
        assert said, "the run was over before it went on: the test has tested nothing"
        assert late == [], "it spoke for accounts that were another's"
        assert {uin: gateway.arrived.logins(uin) for uin in world.uins} == logins
        assert set(figures["res"]) == {"0"}, figures


@pytest.mark.parametrize(("part", "seconds"), [("worker", 20), ("redis", 12), ("jobs", 12)])
def test_a_part_that_stands_still(arrive: Arrive, part: str, seconds: int) -> None:
    """The only worker, Redis, whoever plans: each for a while, and nothing lost or twice."""
    world = World(5, 60)
    stranger, gateway = arrive(world)
    stranger.up()
    move_in(stranger, world, min_interval=0.2, per_minute=900)
    import_people(stranger, "few", world.people[::10])
    launch_campaign(stranger, "one", TEXT)
    stranger.until(lambda: len(gateway.arrived.messages) > 60)
    with _frozen(stranger.pid(part)):
        time.sleep(seconds)
        stranger.is_bereft = True
    launch_campaign(stranger, "two", TEXT + " two", "--list", "few")
    assert stranger.wait("one", seconds=90)["sent"] == len(world.people)
    assert stranger.wait("two", seconds=90)["sent"] == 30
    assert_all_arrived(gateway, TEXT, world.people)
    assert_all_arrived(gateway, TEXT + " two", world.people[::10])
    assert stranger.end() == 0

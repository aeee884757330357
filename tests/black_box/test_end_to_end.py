"""The main job as a stranger would have it tested, against a gateway that nobody here wrote for it.

The rest of what a stranger would try is in the files `slow_*.py`: `make torture OUTSIDE=1`.
"""

from __future__ import annotations

import pytest

from tests.black_box.behaviour import QUICK_MISHAPS, Manners
from tests.black_box.conftest import Arrive
from tests.black_box.population import World, assert_all_arrived, launch_campaign, move_in

TEXT = "  你好 100% & more = fine + hi\r\nh\n🎉 {not} %41 %2c, "
MISHAPS = dict.fromkeys(QUICK_MISHAPS, 0.015)


@pytest.mark.stack
@pytest.mark.one_database
def test_a_thousand_messages_through_a_bad_gateway_and_a_killed_worker(arrive: Arrive) -> None:
    world = World(accounts=10, friends=100)
    stranger, gateway = arrive(world, Manners(mishaps=MISHAPS, connection=None, closes=True))
    stranger.up()
    move_in(stranger, world, min_interval=0.03)
    launch_campaign(stranger, "春 节", TEXT)
    stranger.until(lambda: len(gateway.arrived.messages) > 200)
    stranger.kill("worker")
    assert stranger.status("春 节")["state"] == "running"
    figures = stranger.wait("春 节")
    assert figures["sent"] == figures["targeted"] == 1000, figures
    assert_all_arrived(gateway, TEXT, world.people)
    assert gateway.arrived.replays, "nothing went wrong: the test has tested nothing"
    rows = stranger.report("春 节")
    assert {(row["state"], row["last_res"], row["text"]) for row in rows} == {("sent", "0", TEXT)}
    assert sorted(int(row["uin"]) for row in rows) == world.people
    assert stranger.end() == 0

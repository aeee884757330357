"""Gateways of every upbringing: the job is done, nobody gets anything twice."""

from __future__ import annotations

import pytest

from tests.black_box.behaviour import Manners
from tests.black_box.conftest import Arrive
from tests.black_box.population import World, assert_all_arrived, launch_campaign, move_in

HABITS: dict[str, Manners] = {
    "HTTP/1.0": Manners(http="HTTP/1.0", connection=None, closes=True),
    "no length": Manners(http="HTTP/1.0", has_length=False, connection=None),
    "no length 1.1": Manners(has_length=False, connection=None),
    "closes": Manners(connection="close"),
    "closes without saying so": Manners(connection=None, closes=True),
    "says keep-alive and closes": Manners(connection="keep-alive", closes=True),
    "keeps without saying so": Manners(connection=None),
    "chunked": Manners(is_chunked=True),
    "lower case": Manners(command_case="lower"),
    "mixed case": Manners(command_case="mixed"),
    "unknown keys": Manners(extra="&COMP=%E5%9B%BD&ZZ=&RES=5"),
    "trailing &": Manners(has_trailing_ampersand=True),
    "slow": Manners(delay=0.5),
    "lower-case keys": Manners(key_case="lower"),
    "keys backwards": Manners(key_order="reversed"),
    "a line end": Manners(line_end="\r\n"),
    "a byte a packet": Manners(has_bytewise_replies=True),
    "a byte a packet, chunked": Manners(has_bytewise_replies=True, is_chunked=True),
    "chokes on h": Manners(chokes_on_h=True),
    "short sessions": Manners(hi=1, li=3),
}


@pytest.mark.parametrize("habit", HABITS)
def test_a_gateway_that(arrive: Arrive, habit: str) -> None:
    world, text = World(3, 15), "你好 100% & more = fine + hi"
    stranger, gateway = arrive(world, HABITS[habit])
    stranger.up()
    move_in(stranger, world, min_interval=0.05)
    launch_campaign(stranger, "one", text)
    figures = stranger.wait("one")
    assert figures["sent"] == 45, figures
    assert_all_arrived(gateway, text, world.people)
    # A lane that was answered NULL once spells its h from then on.
    assert figures["res"].get("NULL", 0) == (3 if habit == "chokes on h" else 0), figures
    assert figures["res"]["0"] == 45, figures


def test_a_friend_list_that_is_cut(arrive: Arrive) -> None:
    world = World(2, 150)
    stranger, _gateway = arrive(world, Manners(friends_cut_at=120))
    stranger.up()
    stranger.ok("import_accounts", stranger.accounts_file(world.passwords))
    said = stranger.ok("accounts", "sync", "--all")
    print(said)
    assert [row["friends"] for row in said] == [120, 120]
    assert all("150" in row["sentence"] or "120" in row["sentence"] for row in said), said


def test_a_gateway_whose_tn_bounds_the_list(arrive: Arrive) -> None:
    world = World(2, 500)
    stranger, _gateway = arrive(world, Manners(honours_tn=True))
    stranger.up()
    move_in(stranger, world)

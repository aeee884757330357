"""One run, and a gateway that answers in another manner every few messages."""

from __future__ import annotations

import pytest

from tests.black_box.behaviour import Manners, Mishap
from tests.black_box.conftest import Arrive
from tests.black_box.gateway import Gateway
from tests.black_box.operator_cli import Stranger
from tests.black_box.population import World, assert_all_arrived, launch_campaign, move_in

TEXT = "你好 100% & more = fine + hi RES=20&RES=3"
#: The reference leaves all of it open: how a reply is cut, ordered, spelt, ended and decorated.
MOODS: tuple[dict[str, object], ...] = (
    {"has_bytewise_replies": True},
    {"key_order": "reversed", "has_trailing_ampersand": True},
    {"key_case": "lower", "command_case": "mixed"},
    {"line_end": "\r\n", "connection": None},
    {"line_end": "\r\n\r\n", "has_length": False, "connection": None},
    {"is_chunked": True, "has_bytewise_replies": True},
    {"mishaps": {Mishap.RESET_IN_BODY_AFTER: 0.15}},
    {"extra": "&COMP=%E5%9B%BD&ZZ=&RES=5&&=", "line_end": "\n"},
    {
        "key_order": "reversed",
        "key_case": "lower",
        "command_case": "lower",
        "line_end": "\r\n",
        "has_bytewise_replies": True,
        "http": "HTTP/1.0",
        "closes": True,
    },
    {"mute": frozenset({"getmsgex", "list", "query_stat"})},
)
#: Messages that each mood is met with, at least.
A_MOOD = 25


@pytest.mark.stack
@pytest.mark.one_database
def test_a_gateway_of_many_moods(arrive: Arrive) -> None:
    world = World(4, 90)
    stranger, gateway = arrive(world, Manners(hi=1))
    stranger.up()
    move_in(stranger, world, min_interval=0.05)
    launch_campaign(stranger, "one", TEXT)
    for mood in MOODS:
        gateway.manners = Manners(hi=1, **mood)  # type: ignore[arg-type]
        _wait_for_messages(stranger, gateway, A_MOOD)
        assert len(gateway.arrived.messages) < len(world.people), "some moods are met by nobody"
    stranger.until(lambda: bool(gateway.arrived.answers["NULL"]), seconds=10)
    gateway.manners = Manners(hi=1)
    figures = stranger.wait("one")
    assert figures["sent"] == figures["targeted"] == len(world.people), figures
    assert_all_arrived(gateway, TEXT, world.people)
    assert figures["res"].keys() == {"0", "reset"}, figures
    assert gateway.arrived.replays, "nothing went wrong: the test has tested nothing"
    assert {status["state"] for status in stranger.ok("accounts", "status")} == {"online"}


def _wait_for_messages(stranger: Stranger, gateway: Gateway, count: int) -> None:
    enough = len(gateway.arrived.messages) + count
    stranger.until(lambda: len(gateway.arrived.messages) >= enough, seconds=30)

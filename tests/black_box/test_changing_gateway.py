"""One run, and a gateway that answers in another manner every few messages."""

from __future__ import annotations

import pytest

from tests.black_box.behaviour import Behaviour, Fault
from tests.black_box.conftest import MakeOperator
from tests.black_box.gateway import Gateway
from tests.black_box.operator_cli import Operator
from tests.black_box.population import (
    Population,
    assert_all_arrived,
    import_population,
    launch_campaign,
)

TEXT = "你好 100% & more = fine + hi RES=20&RES=3"
#: The reference leaves all of it open: how a reply is cut, ordered, spelt, ended and decorated.
MOODS: tuple[dict[str, object], ...] = (
    {"has_bytewise_replies": True},
    {"key_order": "reversed", "has_trailing_ampersand": True},
    {"key_case": "lower", "command_case": "mixed"},
    {"line_end": "\r\n", "connection": None},
    {"line_end": "\r\n\r\n", "has_length": False, "connection": None},
    {"is_chunked": True, "has_bytewise_replies": True},
    {"mishaps": {Fault.RESET_IN_BODY_AFTER: 0.15}},
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
def test_a_gateway_of_many_moods(make_operator: MakeOperator) -> None:
    population = Population(4, 90)
    operator, gateway = make_operator(population, Behaviour(hi=1))
    operator.up()
    import_population(operator, population, min_interval=0.05)
    launch_campaign(operator, "one", TEXT)
    for mood in MOODS:
        gateway.behaviour = Behaviour(hi=1, **mood)  # type: ignore[arg-type]
        _wait_for_messages(operator, gateway, A_MOOD)
        assert len(gateway.traffic.messages) < len(population.people), (
            "some moods are met by nobody"
        )
    operator.wait_until(lambda: bool(gateway.traffic.answers["NULL"]), seconds=10)
    gateway.behaviour = Behaviour(hi=1)
    figures = operator.wait("one")
    assert figures["sent"] == figures["targeted"] == len(population.people), figures
    assert_all_arrived(gateway, TEXT, population.people)
    assert figures["res"].keys() == {"0", "reset"}, figures
    assert gateway.traffic.replays, "nothing went wrong: the test has tested nothing"
    assert {status["state"] for status in operator.ok("accounts", "status")} == {"online"}


def _wait_for_messages(operator: Operator, gateway: Gateway, count: int) -> None:
    enough = len(gateway.traffic.messages) + count
    operator.wait_until(lambda: len(gateway.traffic.messages) >= enough, seconds=30)

"""One run through a gateway that changes its behaviour every few messages."""

from __future__ import annotations

import pytest

from tests.black_box.behaviour import Behaviour, Fault
from tests.black_box.conftest import MakeOperator
from tests.black_box.population import (
    Population,
    assert_all_arrived,
    import_population,
    launch_campaign,
    wait_for_messages,
)

TEXT = "你好 100% & more = fine + hi RES=20&RES=3"
#: The protocol reference allows all of these: how a reply is split, ordered, spelt and ended.
VARIANTS: tuple[dict[str, object], ...] = (
    {"has_bytewise_replies": True},
    {"key_order": "reversed", "has_trailing_ampersand": True},
    {"key_case": "lower", "command_case": "mixed"},
    {"line_end": "\r\n", "connection": None},
    {"line_end": "\r\n\r\n", "has_length": False, "connection": None},
    {"is_chunked": True, "has_bytewise_replies": True},
    {"fault_rates": {Fault.RESET_IN_BODY_AFTER: 0.15}},
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
    {"unanswered": frozenset({"getmsgex", "list", "query_stat"})},
)
#: The least number of messages that each variant gets.
MESSAGES_PER_VARIANT = 25


@pytest.mark.exhaustive
@pytest.mark.stack
@pytest.mark.one_database
def test_a_run_is_sent_once_through_many_gateway_variants(make_operator: MakeOperator) -> None:
    population = Population(4, 90)
    operator, gateway = make_operator(population, Behaviour(hi=1))
    operator.up()
    import_population(operator, population, min_interval=0.05)
    launch_campaign(operator, "one", TEXT)
    for variant in VARIANTS:
        gateway.behaviour = Behaviour(hi=1, **variant)  # type: ignore[arg-type]
        wait_for_messages(operator, gateway, MESSAGES_PER_VARIANT, seconds=30)
        assert len(gateway.traffic.messages) < len(population.people), (
            "the run ended before some variants"
        )
    operator.wait_until(lambda: bool(gateway.traffic.answers["NULL"]), seconds=10)
    gateway.behaviour = Behaviour(hi=1)
    figures = operator.wait("one")
    assert figures["sent"] == figures["targeted"] == len(population.people), figures
    assert_all_arrived(gateway, TEXT, population.people)
    assert figures["res"].keys() == {"0", "reset"}, figures
    assert gateway.traffic.replays, "no fault led to a repeat: nothing was tested"
    assert {status["state"] for status in operator.ok("accounts", "status")} == {"online"}

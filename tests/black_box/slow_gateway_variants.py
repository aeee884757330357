"""Gateways that use the protocol's freedom in every way: each recipient gets the message once."""

from __future__ import annotations

import pytest

from tests.black_box.behaviour import Behaviour
from tests.black_box.conftest import MakeOperator
from tests.black_box.population import (
    Population,
    assert_all_arrived,
    import_population,
    launch_campaign,
)

VARIANTS: dict[str, Behaviour] = {
    "HTTP/1.0": Behaviour(http="HTTP/1.0", connection=None, closes=True),
    "no length": Behaviour(http="HTTP/1.0", has_length=False, connection=None),
    "no length 1.1": Behaviour(has_length=False, connection=None),
    "closes": Behaviour(connection="close"),
    "closes without saying so": Behaviour(connection=None, closes=True),
    "announces keep-alive and closes": Behaviour(connection="keep-alive", closes=True),
    "keeps without saying so": Behaviour(connection=None),
    "chunked": Behaviour(is_chunked=True),
    "lower case": Behaviour(command_case="lower"),
    "mixed case": Behaviour(command_case="mixed"),
    "unknown keys": Behaviour(extra="&COMP=%E5%9B%BD&ZZ=&RES=5"),
    "trailing &": Behaviour(has_trailing_ampersand=True),
    "slow": Behaviour(delay=0.5),
    "lower-case keys": Behaviour(key_case="lower"),
    "keys backwards": Behaviour(key_order="reversed"),
    "a line end": Behaviour(line_end="\r\n"),
    "a byte a packet": Behaviour(has_bytewise_replies=True),
    "a byte a packet, chunked": Behaviour(has_bytewise_replies=True, is_chunked=True),
    "fails on h": Behaviour(fails_on_lowercase_h=True),
    "short sessions": Behaviour(hi=1, li=3),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_run_is_sent_through_a_gateway_variant(make_operator: MakeOperator, variant: str) -> None:
    population, text = Population(3, 15), "你好 100% & more = fine + hi"
    operator, gateway = make_operator(population, VARIANTS[variant])
    operator.up()
    import_population(operator, population, min_interval=0.05)
    launch_campaign(operator, "one", text)
    figures = operator.wait("one")
    assert figures["sent"] == 45, figures
    assert_all_arrived(gateway, text, population.people)
    # A lane escapes the h after its first empty reply.
    assert figures["res"].get("NULL", 0) == (3 if variant == "fails on h" else 0), figures
    assert figures["res"]["0"] == 45, figures


def test_a_cut_friend_list_is_reported(make_operator: MakeOperator) -> None:
    population = Population(2, 150)
    operator, _gateway = make_operator(population, Behaviour(friends_cut_at=120))
    operator.up()
    operator.ok("import_accounts", operator.accounts_file(population.passwords))
    result = operator.ok("accounts", "sync", "--all")
    print(result)
    assert [row["friends"] for row in result] == [120, 120]
    assert all("150" in row["sentence"] or "120" in row["sentence"] for row in result), result


def test_a_long_friend_list_is_read_from_a_gateway_that_honours_tn(
    make_operator: MakeOperator,
) -> None:
    population = Population(2, 500)
    operator, _gateway = make_operator(population, Behaviour(honours_tn=True))
    operator.up()
    import_population(operator, population)

"""Gateways of every upbringing: the job is done, nobody gets anything twice."""

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

HABITS: dict[str, Behaviour] = {
    "HTTP/1.0": Behaviour(http="HTTP/1.0", connection=None, closes=True),
    "no length": Behaviour(http="HTTP/1.0", has_length=False, connection=None),
    "no length 1.1": Behaviour(has_length=False, connection=None),
    "closes": Behaviour(connection="close"),
    "closes without saying so": Behaviour(connection=None, closes=True),
    "says keep-alive and closes": Behaviour(connection="keep-alive", closes=True),
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
    "chokes on h": Behaviour(fails_on_lowercase_h=True),
    "short sessions": Behaviour(hi=1, li=3),
}


@pytest.mark.parametrize("habit", HABITS)
def test_a_gateway_that(make_operator: MakeOperator, habit: str) -> None:
    population, text = Population(3, 15), "你好 100% & more = fine + hi"
    operator, gateway = make_operator(population, HABITS[habit])
    operator.up()
    import_population(operator, population, min_interval=0.05)
    launch_campaign(operator, "one", text)
    figures = operator.wait("one")
    assert figures["sent"] == 45, figures
    assert_all_arrived(gateway, text, population.people)
    # A lane that was answered NULL once spells its h from then on.
    assert figures["res"].get("NULL", 0) == (3 if habit == "chokes on h" else 0), figures
    assert figures["res"]["0"] == 45, figures


def test_a_friend_list_that_is_cut(make_operator: MakeOperator) -> None:
    population = Population(2, 150)
    operator, _gateway = make_operator(population, Behaviour(friends_cut_at=120))
    operator.up()
    operator.ok("import_accounts", operator.accounts_file(population.passwords))
    result = operator.ok("accounts", "sync", "--all")
    print(result)
    assert [row["friends"] for row in result] == [120, 120]
    assert all("150" in row["sentence"] or "120" in row["sentence"] for row in result), result


def test_a_gateway_whose_tn_bounds_the_list(make_operator: MakeOperator) -> None:
    population = Population(2, 500)
    operator, _gateway = make_operator(population, Behaviour(honours_tn=True))
    operator.up()
    import_population(operator, population)

"""A gateway that changes its mind in the middle of a run."""

from __future__ import annotations

import time
from collections import Counter
from itertools import pairwise

from tests.black_box.behaviour import Behaviour
from tests.black_box.conftest import MakeOperator
from tests.black_box.gateway import Gateway
from tests.black_box.population import (
    Population,
    assert_all_arrived,
    import_population,
    launch_campaign,
)

TEXT = "hello {not} 你好"
GAP = 0.2


def _gaps(gateway: Gateway, uin: int) -> list[float]:
    at = [message.at for message in gateway.traffic.messages if message.sender == uin]
    return [after - before for before, after in pairwise(at)]


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def test_the_minimum_interval_is_doubled_for_a_while(make_operator: MakeOperator) -> None:
    """Each account is told once, rests, goes slower, and finds its pace again."""
    population = Population(3, 180)
    operator, gateway = make_operator(population, Behaviour(min_interval=GAP, penalty=1))
    operator.up()
    import_population(operator, population, min_interval=GAP)
    launch_campaign(operator, "one", TEXT)
    operator.wait_until(lambda: len(gateway.traffic.messages) > 60)
    gateway.behaviour.min_interval = 2 * GAP
    operator.wait_until(lambda: len({m.sender for m in gateway.traffic.too_soon}) == 3, seconds=10)
    gateway.behaviour.min_interval = GAP
    figures = operator.wait("one", seconds=120)
    assert figures["sent"] == len(population.people), figures
    assert figures["res"]["3"] == len(gateway.traffic.too_soon)
    assert_all_arrived(gateway, TEXT, population.people)
    throttled = Counter(message.sender for message in gateway.traffic.too_soon)
    assert set(throttled.values()) == {1}, throttled
    for uin in population.uins:
        gaps = _gaps(gateway, uin)
        rest = gaps.index(max(gaps))
        print(uin, rest, gaps[rest], _median(gaps[rest + 1 : rest + 16]), _median(gaps[-15:]))
        assert gaps[rest] > 20, "it did not rest"
        assert min(gaps[rest + 1 : rest + 16]) >= 1.5 * GAP, "it did not slow down"
        assert _median(gaps[-15:]) < 1.3 * GAP, "it did not recover"


def test_a_penalty_of_twenty_seconds_and_a_stack_that_is_stopped_in_it(
    make_operator: MakeOperator,
) -> None:
    """The answer RES=3 is waited for; where nobody can wait, the next one asks again."""
    population = Population(3, 60)
    operator, gateway = make_operator(population, Behaviour(min_interval=GAP, penalty=20))
    operator.up()
    import_population(operator, population, min_interval=GAP)
    fast, *others = population.uins
    operator.ok(
        "import_accounts", operator.write("fast.csv", f"uin,min_interval\n{fast},{GAP / 1.4}\n")
    )
    launch_campaign(operator, "one", TEXT)
    operator.wait_until(lambda: bool(gateway.traffic.too_soon), seconds=20)
    friends = {person for uin in others for person in population.friends_of[uin]}
    operator.wait_until(
        lambda: friends <= {m.to for m in list(gateway.traffic.messages)}, seconds=17
    )
    assert gateway.traffic.answers["cltmsg RES=3"] == 0, "the others waited for the penalty"
    operator.wait_until(lambda: gateway.traffic.answers["cltmsg RES=3"] == 1, seconds=22)
    operator.wait_until(lambda: operator.status("one")["res"].get("3") == 1, seconds=5)
    assert gateway.traffic.replays == [], "a throttle was taken for a loss"
    # And once more, but now nobody is there when the answer comes.
    operator.ok("accounts", "enable", fast)
    gateway.behaviour.min_interval = 10.0
    operator.wait_until(lambda: len(gateway.traffic.too_soon) == 2, seconds=30)
    gateway.behaviour.min_interval = GAP
    began = time.monotonic()
    assert operator.end() == 0
    assert time.monotonic() - began < 20, "a stop waited for the gateway"
    operator.up()
    figures = operator.wait("one", seconds=120)
    assert figures["sent"] == len(population.people), figures
    assert_all_arrived(gateway, TEXT, population.people)
    assert {m.sender for m in gateway.traffic.too_soon} == {fast}


def test_heartbeats_are_answered_with_nothing_for_a_while(make_operator: MakeOperator) -> None:
    population = Population(3, 60)
    operator, gateway = make_operator(population, Behaviour(hi=1, li=6))
    operator.up()
    import_population(operator, population, min_interval=0.15)
    launch_campaign(operator, "one", TEXT)
    operator.wait_until(lambda: len(gateway.traffic.messages) > 20)
    gateway.behaviour.unanswered = frozenset({"getmsgex"})
    operator.wait_until(lambda: gateway.traffic.answers["NULL"] >= 6, seconds=20)
    sent = len(gateway.traffic.messages)
    operator.wait_until(lambda: len(gateway.traffic.messages) > sent + 10, seconds=5)
    gateway.behaviour.unanswered = frozenset()
    figures = operator.wait("one")
    assert (figures["sent"], set(figures["res"])) == (len(population.people), {"0"}), figures
    assert_all_arrived(gateway, TEXT, population.people)
    heard = gateway.traffic.answers["getmsgex RES=0"]
    operator.wait_until(lambda: gateway.traffic.answers["getmsgex RES=0"] > heard + 3, seconds=10)
    assert {status["state"] for status in operator.ok("accounts", "status")} == {"online"}
    assert all(gateway.traffic.logins(uin) == 1 for uin in population.uins)

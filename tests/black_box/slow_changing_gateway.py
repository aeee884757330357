"""A gateway whose limits and answers change during a run."""

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


def test_accounts_slow_down_after_res_3_and_recover(make_operator: MakeOperator) -> None:
    """While the minimum interval is doubled, each account gets RES=3 once, rests and slows down."""
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
        assert gaps[rest] > 20, "the account did not rest"
        assert min(gaps[rest + 1 : rest + 16]) >= 1.5 * GAP, "the account did not slow down"
        assert _median(gaps[-15:]) < 1.3 * GAP, "the account did not recover"


def test_a_slow_res_3_is_waited_for_or_repeated_after_a_restart(
    make_operator: MakeOperator,
) -> None:
    """A lane waits for a RES=3 that takes 20 s; after a restart the next lane asks again."""
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
    assert gateway.traffic.replays == [], "RES=3 was treated as a lost answer"
    # Again, but the stack is stopped before the answer comes.
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


def test_empty_replies_to_heartbeats_do_not_stop_sending(make_operator: MakeOperator) -> None:
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

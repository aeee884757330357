"""Account tasks (login, sync, rest) while the accounts are sending a run."""

from __future__ import annotations

import time
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
GAP = 0.3
#: Seconds that a command may take, the start of Python included.
SOON = 8.0


def _longest_pause(gateway: Gateway, uin: int) -> float:
    at = [message.at for message in list(gateway.traffic.messages) if message.sender == uin]
    return max(after - before for before, after in pairwise(at))


def test_account_tasks_during_a_run_are_quick_and_keep_the_pace(
    make_operator: MakeOperator,
) -> None:
    population = Population(4, 100)
    operator, gateway = make_operator(population, Behaviour(min_interval=GAP, penalty=2))
    operator.up()
    import_population(operator, population, min_interval=GAP)
    launch_campaign(operator, "one", TEXT)
    operator.wait_until(lambda: len(gateway.traffic.messages) > 20)
    resting, *others = population.uins
    gateway.friends[others[0]].append(9_000_001)
    began = time.monotonic()
    result = {row["uin"]: row for row in operator.ok("accounts", "sync", "--all")}
    assert time.monotonic() - began < SOON
    assert [result[uin]["friends"] for uin in population.uins] == [100, 101, 100, 100]
    began, logins = time.monotonic(), gateway.traffic.logins(others[0])
    assert operator.ok("accounts", "login", *others)[0]["state"] == "online"
    assert time.monotonic() - began < SOON
    assert gateway.traffic.logins(others[0]) == logins + 1
    operator.ok("accounts", "rest", resting, "--seconds", 600)
    at = time.monotonic()
    for uin in (resting, others[0]):  # one rests, the other goes on sending
        assert operator.ok("accounts", "sync", uin)[0]["sentence"]
    late = [m for m in gateway.traffic.messages if m.sender == resting and m.at > at + 1]
    assert late == []
    assert operator.ok("accounts", "status", resting)[0]["state"] == "resting"
    assert operator.ok("accounts", "enable", resting)
    assert operator.ok("accounts", "enable", others[0])[0]["state"] == "online"
    figures = operator.wait("one", seconds=90)
    assert figures["sent"] == 400, figures
    assert_all_arrived(gateway, TEXT, population.people)
    assert gateway.traffic.too_soon == []
    assert all(_longest_pause(gateway, uin) < 2.5 for uin in others)


def test_a_rest_by_the_operator_outlasts_the_rest_after_res_3(make_operator: MakeOperator) -> None:
    """RES=3 makes the account rest by itself. A rest set by an operator then still holds."""
    population = Population(2, 40)
    operator, gateway = make_operator(population, Behaviour(min_interval=0.4, penalty=0.5))
    operator.up()
    import_population(operator, population, min_interval=0.4)
    fast, _other = population.uins
    file = operator.write("fast.csv", f"uin,min_interval\n{fast},0.05\n")
    operator.ok("import_accounts", file)
    launch_campaign(operator, "one", TEXT)
    operator.wait_until(lambda: bool(gateway.traffic.too_soon))
    operator.wait_until(
        lambda: operator.ok("accounts", "status", fast)[0]["reason"] == "too_fast", seconds=5
    )
    operator.ok("accounts", "rest", fast, "--seconds", 600)
    at = time.monotonic()
    time.sleep(23)  # the rest after RES=3, of 20 s, is over
    status = operator.ok("accounts", "status", fast)[0]
    assert (status["state"], status["reason"]) == ("resting", "by_operator"), status
    assert [m for m in gateway.traffic.messages if m.sender == fast and m.at > at] == []
    operator.ok("import_accounts", operator.write("slow.csv", f"uin,min_interval\n{fast},0.4\n"))
    began = time.monotonic()
    assert operator.ok("accounts", "sync", fast)[0]["friends"] == 40
    assert time.monotonic() - began < SOON
    operator.ok("accounts", "enable", fast)
    assert operator.wait("one", seconds=90)["sent"] == 80
    assert_all_arrived(gateway, TEXT, population.people)

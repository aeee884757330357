"""A gateway that accepts every login, then answers RES=20: no message is lost, logins are few."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

from tests.black_box.conftest import MakeOperator
from tests.black_box.gateway import Gateway
from tests.black_box.operator_cli import Operator
from tests.black_box.population import (
    Population,
    assert_all_arrived,
    import_population,
    launch_campaign,
)

TEXT = "你好 100% & more = fine + hi"
POPULATION = Population(5, 60)
GAP = 0.1


def _start_campaign(make_operator: MakeOperator) -> tuple[Operator, Gateway]:
    operator, gateway = make_operator(POPULATION)
    operator.up()
    import_population(operator, POPULATION, min_interval=GAP)
    launch_campaign(operator, "one", TEXT)
    operator.wait_until(lambda: len(gateway.traffic.messages) > 50)
    return operator, gateway


def _status_of(operator: Operator, uin: int) -> dict[str, Any]:
    [status] = operator.ok("accounts", "status", uin)
    return dict(status)


def _logins(gateway: Gateway) -> dict[int, int]:
    return {uin: gateway.traffic.logins(uin) for uin in POPULATION.uins}


def test_all_is_sent_after_all_sessions_are_rejected_for_some_seconds(
    make_operator: MakeOperator,
) -> None:
    operator, gateway = _start_campaign(make_operator)
    before = _logins(gateway)
    gateway.behaviour.without_session = frozenset(POPULATION.uins)
    began = time.monotonic()
    operator.wait_until(
        lambda: _status_of(operator, POPULATION.uins[0])["state"] == "resting", seconds=10
    )
    resting = _status_of(operator, POPULATION.uins[0])
    time.sleep(max(0.0, 6 - (time.monotonic() - began)))
    gateway.behaviour.without_session = frozenset()
    figures = operator.wait("one", seconds=60)
    assert figures["sent"] == figures["targeted"] == len(POPULATION.people), figures
    assert figures["res"]["20"] == gateway.traffic.answers["cltmsg RES=20"], figures
    assert_all_arrived(gateway, TEXT, POPULATION.people)
    assert resting["reason"] == "session_ended", resting
    assert "RES=20" in resting["detail"], resting
    asked = {uin: count - before[uin] for uin, count in _logins(gateway).items()}
    assert all(1 <= count <= 5 for count in asked.values()), asked
    assert {status["state"] for status in operator.ok("accounts", "status")} == {"online"}


def test_one_account_without_a_session_rests_and_the_others_go_on(
    make_operator: MakeOperator,
) -> None:
    operator, gateway = _start_campaign(make_operator)
    rejected, *others = POPULATION.uins
    before = _logins(gateway)
    gateway.behaviour.without_session = frozenset({rejected})
    friends = {person for uin in others for person in POPULATION.friends_of[uin]}
    operator.wait_until(
        lambda: friends <= {m.to for m in list(gateway.traffic.messages)}, seconds=30
    )
    for uin in others:
        at = [message.at for message in gateway.traffic.messages if message.sender == uin]
        assert max(after - before for before, after in pairwise(at)) < 1.5, "the others paused"
    assert all(_logins(gateway)[uin] == before[uin] for uin in others)
    time.sleep(10)
    status = _status_of(operator, rejected)
    assert (status["state"], status["reason"]) == ("resting", "session_ended"), status
    assert status["resting_until"], status
    assert gateway.traffic.logins(rejected) - before[rejected] <= 6
    one = operator.status("one")
    assert (one["state"], one["failed"]) == ("running", 0), one
    assert one["why"], "nothing is sent, and the status gives no reason"
    gateway.behaviour.without_session = frozenset()
    operator.ok("accounts", "enable", rejected)
    figures = operator.wait("one", seconds=60)
    assert figures["sent"] == len(POPULATION.people), figures
    assert_all_arrived(gateway, TEXT, POPULATION.people)

"""Any part is killed, the gateway fails: each recipient still gets the message once."""

from __future__ import annotations

import shutil
import time

import pytest

from tests.black_box.behaviour import QUICK_FAULTS, Behaviour, Fault
from tests.black_box.conftest import MakeOperator
from tests.black_box.gateway import Gateway
from tests.black_box.operator_cli import Operator
from tests.black_box.population import (
    Population,
    assert_all_arrived,
    import_population,
    launch_campaign,
    wait_for_messages,
)

TEXT = "你好 100% & more = fine + hi"
POPULATION = Population(10, 100)
#: The result code that reports show for each fault.
CODES = {
    Fault.EMPTY_BEFORE: "NULL",
    Fault.EMPTY_AFTER: "NULL",
    Fault.RESET_BEFORE: "reset",
    Fault.RESET_AFTER: "reset",
    Fault.ERROR_BEFORE: "HTTP_502",
    Fault.ERROR_AFTER: "HTTP_502",
    Fault.CUT_AFTER: "reset",
    Fault.RESET_IN_BODY_AFTER: "reset",
}


def _assert_all_sent(operator: Operator, gateway: Gateway) -> None:
    figures = operator.wait("one", seconds=240)
    assert figures["sent"] == figures["targeted"] == len(POPULATION.people), figures
    assert_all_arrived(gateway, TEXT, POPULATION.people)
    rows = operator.report("one")
    assert {row["state"] for row in rows} == {"sent"}
    assert sorted(int(row["uin"]) for row in rows) == POPULATION.people


def test_all_is_sent_once_when_the_worker_is_killed(make_operator: MakeOperator) -> None:
    operator, gateway = make_operator(POPULATION)
    operator.up()
    import_population(operator, POPULATION, min_interval=0.05)
    launch_campaign(operator, "one", TEXT)
    for _ in range(3):
        wait_for_messages(operator, gateway, 150)
        operator.kill("worker")
    _assert_all_sent(operator, gateway)


def test_all_is_sent_once_when_redis_loses_its_data(make_operator: MakeOperator) -> None:
    operator, gateway = make_operator(POPULATION)
    operator.up()
    import_population(operator, POPULATION, min_interval=0.05, per_minute=600)
    launch_campaign(operator, "one", TEXT)
    for _ in range(2):
        wait_for_messages(operator, gateway, 150)
        operator.kill("redis")
        operator.tolerates_tracebacks = True
        shutil.rmtree(operator.home / "redis", ignore_errors=True)
    _assert_all_sent(operator, gateway)


def test_all_is_sent_once_when_the_other_parts_are_killed(make_operator: MakeOperator) -> None:
    operator, gateway = make_operator(POPULATION)
    operator.up()
    import_population(operator, POPULATION, min_interval=0.05)
    launch_campaign(operator, "one", TEXT)
    for part in ("jobs", "beat", "web"):
        wait_for_messages(operator, gateway, 100)
        operator.kill(part)
    _assert_all_sent(operator, gateway)


def test_all_is_sent_once_when_the_stack_is_killed_and_restarted(
    make_operator: MakeOperator,
) -> None:
    operator, gateway = make_operator(POPULATION)
    operator.up()
    import_population(operator, POPULATION, min_interval=0.05)
    launch_campaign(operator, "one", TEXT)
    wait_for_messages(operator, gateway, 300)
    operator.kill_everything()
    operator.up()
    _assert_all_sent(operator, gateway)


def test_all_is_sent_once_after_a_gateway_outage_of_20_seconds(make_operator: MakeOperator) -> None:
    operator, gateway = make_operator(POPULATION)
    operator.up()
    import_population(operator, POPULATION, min_interval=0.05)
    launch_campaign(operator, "one", TEXT)
    wait_for_messages(operator, gateway, 300)
    gateway.offline()
    time.sleep(10)
    figures = operator.status("one")
    assert figures["state"] == "running"
    assert figures["why"], "nothing is sent, and the status gives no reason"
    time.sleep(10)
    gateway.online()
    gateway.forget_sessions()
    _assert_all_sent(operator, gateway)


@pytest.mark.parametrize("fault", QUICK_FAULTS)
def test_all_is_sent_once_when_a_tenth_of_the_requests_fails(
    make_operator: MakeOperator, fault: Fault
) -> None:
    operator, gateway = make_operator(POPULATION, Behaviour(fault_rates={fault: 0.1}))
    operator.up()
    import_population(operator, POPULATION, min_interval=0.02)
    launch_campaign(operator, "one", TEXT)
    _assert_all_sent(operator, gateway)
    figures = operator.status("one")
    assert figures["res"].keys() == {"0", CODES[fault]}, figures
    assert figures["res"][CODES[fault]] == gateway.traffic.answers[str(fault)], figures
    assert bool(gateway.traffic.replays) == fault.is_after

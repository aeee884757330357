"""A campaign from import to report, against the independent gateway.

The slow black-box tests are in the files `slow_*.py`: `make torture BLACK_BOX=1`.
"""

from __future__ import annotations

import pytest

from tests.black_box.behaviour import QUICK_FAULTS, Behaviour
from tests.black_box.conftest import MakeOperator
from tests.black_box.population import (
    Population,
    assert_all_arrived,
    import_population,
    launch_campaign,
)

TEXT = "  你好 100% & more = fine + hi\r\nh\n🎉 {not} %41 %2c, "
FAULT_RATES = dict.fromkeys(QUICK_FAULTS, 0.015)


@pytest.mark.exhaustive
@pytest.mark.stack
@pytest.mark.one_database
def test_a_thousand_messages_arrive_once_through_gateway_faults_and_a_killed_worker(
    make_operator: MakeOperator,
) -> None:
    population = Population(accounts=10, friends=100)
    operator, gateway = make_operator(
        population, Behaviour(fault_rates=FAULT_RATES, connection=None, closes=True)
    )
    operator.up()
    import_population(operator, population, min_interval=0.03)
    launch_campaign(operator, "春 节", TEXT)
    operator.wait_until(lambda: len(gateway.traffic.messages) > 200)
    operator.kill("worker")
    assert operator.status("春 节")["state"] == "running"
    figures = operator.wait("春 节")
    assert figures["sent"] == figures["targeted"] == 1000, figures
    assert_all_arrived(gateway, TEXT, population.people)
    assert gateway.traffic.replays, "no fault led to a repeat: nothing was tested"
    rows = operator.report("春 节")
    assert {(row["state"], row["last_res"], row["text"]) for row in rows} == {("sent", "0", TEXT)}
    assert sorted(int(row["uin"]) for row in rows) == population.people
    assert operator.end() == 0

"""Processes that are frozen for a while (SIGSTOP) and then go on."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.black_box.conftest import MakeOperator
from tests.black_box.gateway import Gateway
from tests.black_box.population import (
    Population,
    assert_all_arrived,
    import_people,
    import_population,
    launch_campaign,
)
from tests.black_box.two_egresses import NORTH, SOUTH, two_egresses

TEXT = "你好 100% & more = fine + hi"
FROZEN_SECONDS = 40.0


@contextmanager
def _frozen(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def _senders(gateway: Gateway, ip: str, *, since: float = 0.0) -> set[int]:
    return {
        int(request.text("UIN"))
        for request in list(gateway.traffic.requests)
        if request.ip == ip and request.at > since and request.command == "cltmsg"
    }


def test_a_frozen_worker_sends_nothing_after_another_has_taken_over(
    tmp_path: Path, make_operator: MakeOperator, postgresql_url: str
) -> None:
    """Its accounts are moved to the other egress and stay there."""
    population = Population(6, 180)
    with two_egresses(
        make_operator, population, tmp_path / "second", database_url=postgresql_url
    ) as (first, second, gateway):
        import_population(first, population, min_interval=0.25)
        launch_campaign(first, "one", TEXT)
        first.wait_until(lambda: len(gateway.traffic.messages) > 100)
        gateway.behaviour.delay = 0.1  # so that it is frozen with requests in flight
        moving = _senders(gateway, SOUTH)
        assert moving, "the worker that is to be frozen sends nothing"
        time.sleep(1)
        with _frozen(second.pid("worker")):
            at = time.monotonic()
            first.wait_until(
                lambda: _senders(gateway, NORTH, since=at) >= set(population.uins), seconds=60
            )
            print(f"taken over within {time.monotonic() - at:.1f} s")
            time.sleep(max(0.0, FROZEN_SECONDS - (time.monotonic() - at)))
            logins = {uin: gateway.traffic.logins(uin) for uin in population.uins}
        at = time.monotonic()
        figures = first.wait("one", seconds=120)
        assert figures["sent"] == len(population.people), figures
        assert_all_arrived(gateway, TEXT, population.people)
        requests = [(r.command, r.text("UIN")) for r in gateway.traffic.requests if r.at > at]
        late = [r.command for r in gateway.traffic.requests if r.at > at and r.ip == SOUTH]
        assert requests, "the run ended before the worker went on: nothing was tested"
        assert late == [], "the worker sent for accounts that it had lost"
        assert {uin: gateway.traffic.logins(uin) for uin in population.uins} == logins
        assert set(figures["res"]) == {"0"}, figures


@pytest.mark.parametrize(("part", "seconds"), [("worker", 20), ("redis", 12), ("jobs", 12)])
def test_nothing_is_lost_or_sent_twice_when_a_part_is_frozen(
    make_operator: MakeOperator, part: str, seconds: int
) -> None:
    """Freeze the only worker, Redis or the jobs worker for some seconds."""
    population = Population(5, 60)
    operator, gateway = make_operator(population)
    operator.up()
    import_population(operator, population, min_interval=0.2, per_minute=900)
    import_people(operator, "few", population.people[::10])
    launch_campaign(operator, "one", TEXT)
    operator.wait_until(lambda: len(gateway.traffic.messages) > 60)
    with _frozen(operator.pid(part)):
        time.sleep(seconds)
        operator.tolerates_tracebacks = True
    launch_campaign(operator, "two", TEXT + " two", "--list", "few")
    assert operator.wait("one", seconds=90)["sent"] == len(population.people)
    assert operator.wait("two", seconds=90)["sent"] == 30
    assert_all_arrived(gateway, TEXT, population.people)
    assert_all_arrived(gateway, TEXT + " two", population.people[::10])
    assert operator.end() == 0

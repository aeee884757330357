"""A worker runs lanes for messages without making a Celery request of each."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from celery.concurrency.thread import TaskPool

from foundation.log_context import log_context
from metrics.catalogue import JOBS
from sending.tasks import run_lane
from sending.worker.wake_ups import run_in_pool

NAME = "sending.tasks.run_lane"


@pytest.fixture
def pool() -> Iterator[TaskPool]:
    """Celery's pool of threads."""
    pool = TaskPool(2)
    pool.start()
    yield pool
    pool.stop()


def _receive(pool: TaskPool, run: Callable[..., None], *, payload: Any) -> bool:
    """Receive one message; return whether it was acknowledged."""
    acknowledged: list[bool] = []
    receive = run_in_pool(
        SimpleNamespace(name=NAME, run=run), None, SimpleNamespace(pool=pool, connection_errors=())
    )
    message = SimpleNamespace(headers={"id": "one", "task": NAME}, payload=payload)
    receive(message, None, lambda *_given: acknowledged.append(True), None, [])
    pool.stop()  # it waits for what runs
    return bool(acknowledged)


def _ended(result: str) -> float:
    return sum(JOBS.read().get(result, []))


def test_the_task_of_lanes_is_run_this_way() -> None:
    assert run_lane.Strategy == "sending.worker.wake_ups:run_in_pool"


def test_a_message_runs_its_task_under_its_id(pool: TaskPool) -> None:
    called: list[tuple[Any, ...]] = []
    before = _ended("done")
    assert _receive(
        pool, lambda *given: called.append((*given, log_context())), payload=[[7, 1.5], {}, {}]
    )
    assert called == [(7, 1.5, {"task": "one"})]
    assert _ended("done") == before + 1


def test_an_error_is_logged_and_ends_one_lane_alone(
    pool: TaskPool, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_given: object) -> None:
        raise ValueError

    before = _ended("failed")
    with caplog.at_level(logging.ERROR, logger="sending.worker.wake_ups"):
        assert _receive(pool, fail, payload=[[7, 1.5], {}, {}])
    assert [record.getMessage() for record in caplog.records] == [
        f"{NAME} met an unexpected error."
    ]
    assert _ended("failed") == before + 1


@pytest.mark.parametrize("payload", ["[1]", [1], {}, None])
def test_a_message_that_cannot_be_read_is_dropped(
    pool: TaskPool, caplog: pytest.LogCaptureFixture, payload: Any
) -> None:
    called: list[object] = []
    with caplog.at_level(logging.ERROR, logger="sending.worker.wake_ups"):
        assert _receive(pool, lambda *given: called.append(given), payload=payload)
    assert not called
    assert [record.getMessage() for record in caplog.records] == [
        f"A message for {NAME} cannot be read."
    ]

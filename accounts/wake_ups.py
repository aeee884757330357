"""Hints to the workers: what is published on Redis. It owns no work, so losing one does no harm."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from celery import current_app
from kombu.exceptions import OperationalError

from clocks import shared

log = logging.getLogger(__name__)

#: A wake-up older than this is of no use: the ticks have seen to it by then, seconds.
STALE_SECONDS = 30.0
#: The queue of the worker that plans, imports and puts right.
JOBS = "jobs"


def publish(task: str, queue: str, calls: Sequence[tuple[float, ...]]) -> int:
    """Publish a task a tuple of arguments; return how many. A broker that is away is no failure."""
    try:
        with current_app.connection_for_write() as connection:
            producer = current_app.amqp.Producer(connection)
            for arguments in calls:
                current_app.send_task(
                    task,
                    args=arguments,
                    queue=queue,
                    producer=producer,
                    retry=False,
                )
    except (OperationalError, OSError) as problem:
        log.warning("Redis is away, nobody is woken for now: %s", type(problem).__name__)
        return 0
    return len(calls)


def is_stale(asked_at: float) -> bool:
    """Return whether a wake-up has waited too long to be of use.

    By the shared time: Celery's own expiry compares the wall clocks of two hosts.

    Args:
        asked_at: when it was sent, seconds since 1970 in the shared time.
    """
    return shared.now().timestamp() - asked_at > STALE_SECONDS


def wake_reconciler() -> None:
    """Have it looked now for accounts with something to do and no lane, not at the next tick.

    A worker came or went, or somebody asked accounts for an account task.
    """
    publish("sending.tasks.reconcile", JOBS, [()])

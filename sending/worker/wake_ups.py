"""Runs lanes for wake-ups: Celery receives the messages and gives each lane its place.

Celery's own way makes a request object of each message, sends signals around its task, and keeps
all of it as long as the lane is open. A wake-up needs none of that. The message, its queue and the
pool that limits the lanes are Celery's as before. See
docs/decisions/0080-a-wake-up-is-read-cheaply.md.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import connections

from metrics.tasks import counted_task

log = logging.getLogger(__name__)


def run_in_pool(task: Any, _app: Any, consumer: Any) -> Callable[..., None]:
    """Return what Celery calls for each message of a task: Celery's "execution strategy".

    The task is called in the worker's pool, with the arguments of the message. It waits here while
    the pool is full, so that what this worker has no room for stays in the queue.

    Args:
        task: the task.
        consumer: what receives the worker's messages.
    """

    def receive(message: Any, _body: Any, ack: Any, _reject: Any, _callbacks: Any) -> None:
        ack(log, consumer.connection_errors)  # early, as for all our tasks
        try:
            arguments, keywords, _embed = message.payload
            call = partial(task.run, *arguments, **keywords)
        except (TypeError, ValueError):
            log.error("A message for %s cannot be read.", task.name)
            return
        task_id = str(message.headers.get("id", ""))
        consumer.pool.apply_async(_run, (task.name, task_id, call), callback=_ignore)

    return receive


def _run(name: str, task_id: str, call: Callable[[], None]) -> None:
    try:
        with counted_task(task_id=task_id, name=name):
            call()
    except Exception:
        log.exception("%s met an unexpected error.", name)
    finally:
        for connection in connections.all(initialized_only=True):
            connection.close()


def _ignore(_result: None) -> None:
    """Take what a call of the pool returns."""

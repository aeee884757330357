"""Celery's signals: tasks are counted, named in log lines and traced; a jobs worker publishes.

A worker with lanes publishes at its heartbeat (`sending.worker.runtime`).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from celery import signals
from django.conf import settings

from foundation.log_context import log_only
from foundation.tracing import begin_tracing, span
from metrics.catalogue import JOBS
from metrics.publishing import begin_publishing

_counting = threading.Lock()
#: The open spans by task id.
_spans: dict[str, ExitStack] = {}


def _serves_jobs(sender: Any) -> bool:
    return "jobs" in sender.app.amqp.queues.consume_from


@signals.worker_init.connect
def begin(sender: Any = None, **_kwargs: Any) -> None:
    """Trace, and publish if this is no worker with lanes."""
    is_jobs = _serves_jobs(sender)
    begin_tracing(
        process="jobs" if is_jobs else "worker",
        endpoint=settings.OTEL_EXPORTER_OTLP_ENDPOINT,
        version=settings.VERSION,
    )
    if is_jobs:
        begin_publishing()


@signals.task_prerun.connect
def name_task(task_id: str = "", task: Any = None, **_kwargs: Any) -> None:
    """Name the task in log lines, and begin its span."""
    log_only(task=task_id)
    stack = _spans[task_id] = ExitStack()
    stack.enter_context(span(f"task {task.name}", task_id=task_id))


@signals.task_postrun.connect
def count_task(task_id: str = "", state: str | None = None, **_kwargs: Any) -> None:
    """Count the task, and end its span."""
    stack = _spans.pop(task_id, None)
    if stack is not None:
        stack.close()
    _count(is_done=state == "SUCCESS")


@contextmanager
def counted_task(*, task_id: str, name: str) -> Iterator[None]:
    """Name, trace and count a task that Celery sends no signals for."""
    log_only(task=task_id)
    is_done = False
    try:
        with span(f"task {name}", task_id=task_id):
            yield
        is_done = True
    finally:
        _count(is_done=is_done)


def _count(*, is_done: bool) -> None:
    with _counting:
        JOBS.add(of="done" if is_done else "failed")
    log_only()

"""Wake-ups: Celery messages to the workers. The queue is in the database, so they may be lost."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from celery import current_app
from kombu.exceptions import OperationalError

from clocks import local, shared

log = logging.getLogger(__name__)

#: Age from which a wake-up is ignored, seconds: by then a tick has found the work.
STALE_SECONDS = 30.0
#: The queue of the worker that plans, imports and reconciles.
JOBS = "jobs"
#: How long one step of publishing may take: an operator's click waits for it, and Redis is on this
#: host or near it. Workers that listen have more patience (`CELERY_BROKER_TRANSPORT_OPTIONS`).
IMPATIENT = {
    "socket_timeout": 2.0,
    "socket_connect_timeout": 2.0,
    "retry_on_timeout": False,
    "max_retries": 0,
}
#: After Redis did not answer, nothing is published for so many seconds: an act that wakes many
#: workers would wait for each, and a tick repeats every wake-up.
PAUSE_SECONDS = 5.0
_silent_until = 0.0


def publish(task: str, queue: str, calls: Sequence[tuple[float, ...]]) -> int:
    """Publish a Celery task for each tuple of arguments; return how many were published.

    If Redis is unreachable, or was a moment ago, it logs a warning and returns 0.

    Args:
        task: the full name of the task.
        queue: the Celery queue.
        calls: the positional arguments of each call.
    """
    global _silent_until
    if local.elapsed() < _silent_until:
        return 0
    try:
        with current_app.connection_for_write(transport_options=IMPATIENT) as connection:
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
        log.warning("Redis is unreachable, no wake-up is sent: %s", type(problem).__name__)
        _silent_until = local.elapsed() + PAUSE_SECONDS
        return 0
    return len(calls)


def is_stale(asked_at: float) -> bool:
    """Return whether a wake-up is older than STALE_SECONDS.

    Celery's own expiry would compare the wall clocks of two hosts.

    Args:
        asked_at: the time of sending, seconds since 1970 in the shared time.
    """
    return shared.now().timestamp() - asked_at > STALE_SECONDS


def wake_reconciler() -> None:
    """Make the reconciler search now for accounts with work and no lane, not at the next tick.

    Called when a worker starts or stops, and when account tasks are requested.
    """
    publish("sending.tasks.reconcile", JOBS, [()])

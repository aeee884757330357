"""Celery's signals: a worker process starts to serve its egress, drains and ends."""

from __future__ import annotations

import gc
import logging
import os
from typing import Any

from celery import signals
from django.conf import settings

from accounts.wake_ups import wake_reconciler
from sending.worker.runtime import current_runtime, start_runtime, stop_runtime

log = logging.getLogger(__name__)


def _serves_lanes(sender: Any) -> bool:
    """Return whether this worker serves an egress's queue; the jobs worker does not."""
    return any(name.startswith("egress.") for name in sender.app.amqp.queues.consume_from)


@signals.worker_init.connect
def begin(sender: Any = None, **_kwargs: Any) -> None:
    """Start the runtime before the worker receives its first wake-up.

    Raises:
        SystemExit: it cannot be started. Celery goes on after any other exception of a signal's
            receiver, and the worker would take wake-ups for good and do nothing.
    """
    if not _serves_lanes(sender):
        return
    try:
        runtime = start_runtime(version=settings.VERSION, capacity=sender.concurrency)
    except Exception:
        log.critical("The worker cannot begin; it ends.", exc_info=True)
        raise SystemExit(os.EX_SOFTWARE) from None
    log.info("Serving egress %s as worker %s.", runtime.context.egress, runtime.context.worker.pk)


@signals.worker_ready.connect
def look_for_work(**_kwargs: Any) -> None:
    """Run the reconciler: it wakes the accounts that wait for a worker of this egress."""
    # Objects loaded by now stay for good. Traversing them would slow every garbage collection, and
    # add half a second to the end of the process.
    gc.freeze()
    if current_runtime() is not None:
        wake_reconciler()


@signals.worker_shutting_down.connect
def drain(**_kwargs: Any) -> None:
    """Make every lane hand back before its next message."""
    runtime = current_runtime()
    if runtime is not None:
        runtime.drain()


@signals.worker_shutdown.connect
def end(**_kwargs: Any) -> None:
    """Write what is queued, and free the accounts at once."""
    stop_runtime()

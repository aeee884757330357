"""The life of a worker process: when it starts to serve its egress, drains and ends."""

from __future__ import annotations

import gc
import logging
import sys
from typing import Any

from celery import signals
from django.conf import settings

from accounts.wake_ups import wake_reconciler
from sending.worker.runtime import current_runtime, start_runtime, stop_runtime

log = logging.getLogger(__name__)

#: How long the lanes' thread may keep the interpreter from the ledger's, seconds. With Python's own
#: 5 ms, each of a transaction's few steps waited that long: 20 ms a transaction instead of 8.
SWITCH_SECONDS = 0.0005


def _serves_lanes(sender: Any) -> bool:
    """Whether this worker takes from an egress's queue; the jobs worker does not."""
    return any(name.startswith("egress.") for name in sender.app.amqp.queues.consume_from)


@signals.worker_init.connect
def begin(sender: Any = None, **_kwargs: Any) -> None:
    """Announce this worker before it takes the first wake-up."""
    if not _serves_lanes(sender):
        return
    sys.setswitchinterval(SWITCH_SECONDS)
    runtime = start_runtime(version=settings.VERSION, capacity=sender.concurrency)
    log.info("Serving egress %s as worker %s.", runtime.context.egress, runtime.context.worker.pk)


@signals.worker_ready.connect
def look_for_work(**_kwargs: Any) -> None:
    """Have the accounts woken that wait for a worker like this one."""
    # What is loaded by now stays: walking through it again would cost every collection its time,
    # and the end of the process half a second.
    gc.freeze()
    if current_runtime() is not None:
        wake_reconciler()


@signals.worker_shutting_down.connect
def drain(**_kwargs: Any) -> None:
    """Let every lane hand back before its next message."""
    runtime = current_runtime()
    if runtime is not None:
        runtime.drain()


@signals.worker_shutdown.connect
def end(**_kwargs: Any) -> None:
    """Write what is left, and let the accounts pass on at once."""
    stop_runtime()

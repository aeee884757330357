"""The dispatcher: gives every endpoint with something to send a thread, for some seconds."""

from __future__ import annotations

import threading
import time

from clocks import local
from webhooks.delivering.drain import drain
from webhooks.delivering.queue import waiting_endpoints
from webhooks.outbox.subscribers import has_endpoints

#: How long a dispatcher works before it returns its slot, and how often it looks, seconds.
TASK_SECONDS, LOOK_SECONDS = 8.0, 0.25
#: Endpoints that one process calls at the same time.
MOST_THREADS = 64
#: One dispatcher a process.
_turn = threading.Lock()


def dispatch(*, seconds: float = TASK_SECONDS) -> int:
    """Send what is due for some seconds; return how many times an endpoint was taken up.

    Every process may run one: they share the endpoints by claims. The threads of endpoints that
    answer slowly end by themselves later, so that the slot is returned on time.
    """
    if not has_endpoints() or not _turn.acquire(blocking=False):
        return 0
    try:
        return _dispatch(until=local.elapsed() + seconds)
    finally:
        _turn.release()


def _dispatch(*, until: float) -> int:
    running: dict[int, threading.Thread] = {}
    taken = 0
    while local.elapsed() < until:
        running = {pk: thread for pk, thread in running.items() if thread.is_alive()}
        for pk in waiting_endpoints():
            if pk in running or len(running) >= MOST_THREADS:
                continue
            running[pk] = threading.Thread(
                target=drain, args=(pk,), kwargs={"until": until}, name=f"webhook-{pk}", daemon=True
            )
            running[pk].start()
            taken += 1
        time.sleep(LOOK_SECONDS)
    return taken

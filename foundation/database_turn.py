"""A turn: the short right to use one of the few database connections of a worker process.

Thousands of lanes share the connections. Django keeps a connection for each thread (each greenlet
under gevent) until it is closed, so a turn closes the connection at its end. No turn is held during
a request to the gateway, which can take as long as a penalty.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

#: Connections reserved for the control loop. The ledger's connection is not one of the pool.
RESERVED = 1
_turns = threading.BoundedSemaphore(max(1, settings.DATABASE_POOL_SIZE - RESERVED))
_mine = threading.local()


@contextmanager
def database_turn() -> Iterator[None]:
    """Wait for a turn, and close the connection at its end; an inner turn is part of the outer."""
    if getattr(_mine, "has_turn", False):
        yield
        return
    with _turns:
        _mine.has_turn = True
        try:
            yield
        finally:
            _mine.has_turn = False
            if not connection.in_atomic_block:
                connection.close()

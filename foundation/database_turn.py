"""A turn at the database: short, one of few, and the connection goes back at its end.

Thousands of lanes share a handful of connections. Django keeps a connection per thread (per
greenlet under gevent) until somebody closes it, so whoever uses one in a lane closes it too. No
turn is ever held while the gateway is asked something: that may take as long as a penalty.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

#: Connections the control loop keeps for itself; the ledger has its own, beside the pool.
RESERVED = 1
_turns = threading.BoundedSemaphore(max(1, settings.DATABASE_POOL_SIZE - RESERVED))
_mine = threading.local()


@contextmanager
def database_turn() -> Iterator[None]:
    """Wait for a turn, and give the connection back at the end. Turns nest."""
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

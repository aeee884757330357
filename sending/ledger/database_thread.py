"""An operating-system thread for the ledger's transactions.

Lanes are greenlets, all on one thread. A transaction on that thread would take turns with them: on
PostgreSQL each of its round trips would wait until every ready lane has run, and on SQLite, which
computes and writes inside the call, all lanes would wait for the disk. On a thread of its own the
transaction runs beside them, on another core.

Without gevent (tests run the lanes on plain threads) the caller's own thread is used.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections
from gevent import monkey
from gevent.threadpool import ThreadPool

Result = TypeVar("Result")

#: The server keeps the plan of a statement that came this often on the connection.
PREPARED_AFTER = 3


class DatabaseThread:
    """One thread, for one caller. Create it on the thread that calls it.

    Args:
        connection_options: options of its PostgreSQL connection (libpq's `options`).
    """

    def __init__(self, *, connection_options: str = "") -> None:
        self._pool = ThreadPool(1) if monkey.is_module_patched("threading") else None
        if self._pool is not None:
            self._pool.apply(_use_own_connection, (connection_options,))

    def call(self, work: Callable[[], Result]) -> Result:
        """Run `work` on the thread; return what it returns or raise what it raises."""
        if self._pool is None:
            return work()
        results: list[Result] = []
        problem = self._pool.apply(_try, (lambda: results.append(work()),))
        if problem is not None:
            raise problem
        return results[0]

    def close(self) -> None:
        """Close the connection and end the thread."""
        try:
            self.call(lambda: connection.close())  # `connection` is per thread
        finally:
            if self._pool is not None:
                self._pool.kill()


def _try(work: Callable[[], None]) -> BaseException | None:
    """Return what the work raised: gevent prints a raised exception even if it is caught."""
    try:
        work()
    except BaseException as problem:
        return problem
    return None


def _use_own_connection(more_options: str) -> None:
    """Give this thread a connection outside the pool, whose locks belong to the greenlets."""
    own = connections.create_connection(DEFAULT_DB_ALIAS)
    own.settings_dict = copy.deepcopy(own.settings_dict)
    options = own.settings_dict["OPTIONS"]
    options.pop("pool", None)
    if own.vendor == "postgresql":
        options["options"] = options.get("options", "") + more_options
        # Values are sent beside the statement instead of being written into it at each commit.
        options["server_side_binding"] = True
        # The same few statements come again and again: planning them took as long as a tenth of it.
        options["prepare_threshold"] = PREPARED_AFTER
    connections[DEFAULT_DB_ALIAS] = own

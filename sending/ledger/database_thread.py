"""A thread of the operating system for the ledger's transactions.

Lanes are greenlets, all on one thread. A transaction on that thread takes turns with them: on
PostgreSQL each of its round trips waits until every lane that has something to do has done it, and
on SQLite, which computes and writes inside the call, all lanes wait for the disk. On a thread of
its own the transaction goes on beside them, on another core.

Without gevent (the tests' engine runs on plain threads) the caller has a thread already.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections
from gevent import monkey
from gevent.threadpool import ThreadPool

Result = TypeVar("Result")


class DatabaseThread:
    """One thread, for one caller. Made on the thread that calls it.

    Args:
        connection_options: what its connection is told at its start (libpq's `options`).
    """

    def __init__(self, *, connection_options: str = "") -> None:
        self._pool = ThreadPool(1) if monkey.is_module_patched("threading") else None
        if self._pool is not None:
            self._pool.apply(_use_own_connection, (connection_options,))

    def call(self, work: Callable[[], Result]) -> Result:
        """Do some work there, and return what it returns or raise what it raises."""
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
            self.call(lambda: connection.close())  # looked up there: each thread has its own
        finally:
            if self._pool is not None:
                self._pool.kill()


def _try(work: Callable[[], None]) -> BaseException | None:
    """Return what the work raised: gevent would print it, before anybody may have caught it."""
    try:
        work()
    except BaseException as problem:
        return problem
    return None


def _use_own_connection(more_options: str) -> None:
    """Let this thread have a connection outside the pool, whose locks belong to the greenlets."""
    own = connections.create_connection(DEFAULT_DB_ALIAS)
    own.settings_dict = copy.deepcopy(own.settings_dict)
    options = own.settings_dict["OPTIONS"]
    options.pop("pool", None)
    if own.vendor == "postgresql":
        options["options"] = options.get("options", "") + more_options
        # Values travel beside the statement, instead of being written into it at each commit.
        options["server_side_binding"] = True
    connections[DEFAULT_DB_ALIAS] = own

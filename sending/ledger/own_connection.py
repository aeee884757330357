"""The PostgreSQL connection of the ledger's own thread."""

from __future__ import annotations

from typing import Any, TypeVar

import psycopg
from django.db.backends.postgresql.base import DatabaseWrapper
from psycopg import abc, waiting

Result = TypeVar("Result")

#: Under gevent, psycopg waits with a poll that goes through the thread's event loop, half of
#: the thread's time. This thread has nothing else to run, so it waits in C. Without psycopg's C
#: part it waits as psycopg does.
_wait: Any = getattr(waiting, "wait_c", waiting.wait)


class OwnConnection(psycopg.Connection[Any]):
    """A connection that blocks its thread while it waits for the server."""

    def wait(
        self, gen: abc.PQGen[Result], interval: float = 0.1, timeout: float | None = None
    ) -> Result:
        """Return the result of a generator that waits for the server."""
        result: Result = _wait(gen, self.pgconn.socket, interval=interval, timeout=timeout)
        return result


class OwnPostgresql(DatabaseWrapper):
    """Connects as Django does, with a connection that blocks its thread.

    The server keeps no plans: with plans that it kept, a message cost it more, and a pooler between
    (PgBouncer) may know another statement under the same name.
    """

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect."""
        connection = super().get_new_connection(conn_params)
        connection.__class__ = OwnConnection
        return connection

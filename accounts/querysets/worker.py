"""The queryset of workers."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any, Self

from django.db import connection, models

from clocks import shared

#: Seconds between two heartbeats of a worker.
HEARTBEAT_SECONDS = 2.0
#: Seconds without a heartbeat after which a worker is presumed dead and its leases become free.
PRESUMED_DEAD_SECONDS = 15.0
#: A mark is granted only to a worker whose heartbeat is at most this old, seconds; the ledger
#: renews it. So no lease becomes free within PRESUMED_DEAD_SECONDS - PROVED_SECONDS after a mark.
PROVED_SECONDS = 3.0

# By the names of the sessions, which say whose they are: a lock on a row does not. Only those in
# which the server waits for the host: one that waits for a lock, and with it the heartbeat of its
# worker, is alive. Only sessions of our own role can be ended. The server reads this from memory.
_END_SESSIONS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
 WHERE application_name = ANY(%s) AND datname = current_database() AND usename = current_user
   AND wait_event = 'ClientRead' AND xact_start < clock_timestamp() - make_interval(secs => %s)
"""
#: How long a transaction of a silent worker's ledger may wait for its host, seconds.
_AWAITED_SECONDS = 10.0


def ledger_session(worker_id: int) -> str:
    """Return the name of the sessions over which a worker's ledger writes (PostgreSQL)."""
    return f"qqcampaign ledger {worker_id}"


def end_awaited_ledgers(*, worker_ids: Collection[int]) -> None:
    """Have the server end the transactions of these workers' ledgers that stand still.

    Of a host that stands still, the server does not know that it does. It ends a transaction that
    idles, but not one that stopped amid the statements of one round trip: those are one request to
    it, whose rest it awaits for ever. SQLite has no sessions.
    """
    if worker_ids and connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            names = [ledger_session(pk) for pk in worker_ids]
            cursor.execute(_END_SESSIONS, [names, _AWAITED_SECONDS])


class WorkerQuerySet(models.QuerySet[Any]):
    """Workers, a row for each start of a process.

    Heartbeats are written and compared in the shared time. So neither a host's wrong clock nor a
    step of the database's clock makes a worker seem dead or alive.
    """

    def living(self) -> Self:
        """Workers whose row has not ended; only these may mark an attempt."""
        return self.filter(ended_at=None)

    def silent(self) -> Self:
        """Living workers without a heartbeat in the last PRESUMED_DEAD_SECONDS."""
        return self.living().filter(
            heartbeat_at__lt=shared.now() - timedelta(seconds=PRESUMED_DEAD_SECONDS)
        )

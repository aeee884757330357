"""The queryset of workers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Self

from django.db import models

from clocks import shared

#: Seconds between two heartbeats of a worker.
HEARTBEAT_SECONDS = 2.0
#: Seconds without a heartbeat after which a worker is presumed dead and its leases become free.
PRESUMED_DEAD_SECONDS = 15.0
#: A mark is granted only to a worker whose heartbeat is at most this old, seconds; the ledger
#: renews it. So no lease becomes free within PRESUMED_DEAD_SECONDS - PROVED_SECONDS after a mark.
PROVED_SECONDS = 3.0


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

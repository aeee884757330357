"""Reading the workers that serve egresses."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Self

from django.db import models

from clocks import shared

#: Seconds between two proofs of life of a worker process.
HEARTBEAT_SECONDS = 2.0
#: Seconds of silence after which a worker is presumed dead and its leases pass on.
PRESUMED_DEAD_SECONDS = 15.0
#: A mark is only granted to a worker whose heartbeat is at most this old (the ledger renews it),
#: so that no lease passes on in the first PRESUMED_DEAD_SECONDS - PROVED_SECONDS after a mark.
PROVED_SECONDS = 3.0


class WorkerQuerySet(models.QuerySet[Any]):
    """Worker processes; a row per process start, ended or not.

    Heartbeats are written and judged by the shared time: no host's own clock, however wrong, makes
    its worker seem dead or alive, nor does a step of the database's.
    """

    def living(self) -> Self:
        """Workers whose row has not been ended: only these may mark an attempt."""
        return self.filter(ended_at=None)

    def silent(self) -> Self:
        """Living workers that have not proved it for too long."""
        return self.living().filter(
            heartbeat_at__lt=shared.now() - timedelta(seconds=PRESUMED_DEAD_SECONDS)
        )

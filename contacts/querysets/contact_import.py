"""Reading imports, and moving them from state to state."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Self

from django.db.models import Q
from django.utils import timezone

from contacts.states import IMPORT_STATES, UNFINISHED_STATES, ImportState
from foundation.states import StatefulQuerySet

#: Seconds without a sign of life after which an import's worker is taken for dead. A chunk is
#: committed every second or so, and each commit is a heartbeat.
PRESUMED_DEAD_SECONDS = 60.0


class ContactImportQuerySet(StatefulQuerySet[Any]):
    """Imports."""

    state_table = IMPORT_STATES

    def unfinished(self) -> Self:
        """Imports that a worker has, or should have, in its hands."""
        return self.filter(state__in=UNFINISHED_STATES)

    def abandoned(self) -> Self:
        """Imports that should be worked on and are not: nobody began, or the worker died."""
        limit = timezone.now() - timedelta(seconds=PRESUMED_DEAD_SECONDS)
        unheard = Q(heartbeat_at=None) | Q(heartbeat_at__lt=limit)
        return self.unfinished().filter(Q(state=ImportState.QUEUED) | unheard)

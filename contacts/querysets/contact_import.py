"""The queryset of imports."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Self

from django.db.models import Q

from clocks import shared
from contacts.states import IMPORT_STATES, UNFINISHED_STATES, ImportState
from foundation.states import StatefulQuerySet

#: Seconds without a heartbeat after which an import's worker is presumed dead. Each commit of a
#: chunk, about one a second, is a heartbeat, and so are some seconds of waiting for its rows.
PRESUMED_DEAD_SECONDS = 60.0


class ContactImportQuerySet(StatefulQuerySet[Any]):
    """Imports; only `transition` changes their state."""

    state_table = IMPORT_STATES

    def unfinished(self) -> Self:
        """Imports that are queued, running or being taken back."""
        return self.filter(state__in=UNFINISHED_STATES)

    def abandoned(self) -> Self:
        """Unfinished imports without a worker: it has not begun, or is presumed dead."""
        limit = shared.wall() - timedelta(seconds=PRESUMED_DEAD_SECONDS)
        unheard = Q(heartbeat_at=None) | Q(heartbeat_at__lt=limit)
        return self.unfinished().filter(Q(state=ImportState.QUEUED) | unheard)

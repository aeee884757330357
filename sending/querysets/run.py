"""Queries on runs."""

from __future__ import annotations

from typing import Any, Self

from foundation.states import StatefulQuerySet
from sending.states import ACTIVE_RUN_STATES, RUN_STATES, RunState


class RunQuerySet(StatefulQuerySet[Any]):
    """Runs. Their state is changed only by `transition`."""

    state_table = RUN_STATES

    def active(self) -> Self:
        """Return the runs that are running, paused or still to begin."""
        return self.filter(state__in=ACTIVE_RUN_STATES)

    def running(self) -> Self:
        """Return the runs whose deliveries may be sent now."""
        return self.filter(state=RunState.RUNNING)

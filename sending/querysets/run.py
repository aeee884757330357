"""Reading and moving runs."""

from __future__ import annotations

from typing import Any, Self

from foundation.states import StatefulQuerySet
from sending.states import ACTIVE_RUN_STATES, RUN_STATES, RunState


class RunQuerySet(StatefulQuerySet[Any]):
    """Runs; `transition` is the only door to their state."""

    state_table = RUN_STATES

    def active(self) -> Self:
        """Runs that are under way or will be."""
        return self.filter(state__in=ACTIVE_RUN_STATES)

    def running(self) -> Self:
        """Runs whose deliveries may be sent now."""
        return self.filter(state=RunState.RUNNING)

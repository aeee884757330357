"""Reading and moving deliveries."""

from __future__ import annotations

from typing import Any, Self

from foundation.states import StatefulQuerySet
from sending.states import DELIVERY_STATES, DeliveryState


class DeliveryQuerySet(StatefulQuerySet[Any]):
    """Deliveries; `transition` and the ledger are the only doors to their state."""

    state_table = DELIVERY_STATES

    def pending(self) -> Self:
        """Deliveries that wait for their turn."""
        return self.filter(state=DeliveryState.PENDING)

    def in_flight(self) -> Self:
        """Deliveries with an attempt that has no definite answer yet."""
        return self.filter(state=DeliveryState.SENDING)

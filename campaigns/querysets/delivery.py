"""Reading and moving deliveries."""

from __future__ import annotations

from typing import Any, Self

from campaigns.states import DELIVERY_STATES, DeliveryState
from foundation.states import StatefulQuerySet


class DeliveryQuerySet(StatefulQuerySet[Any]):
    """Deliveries; `transition` and the ledger are the only doors to their state."""

    state_table = DELIVERY_STATES

    def pending(self) -> Self:
        """Deliveries that wait for their turn."""
        return self.filter(state=DeliveryState.PENDING)

    def in_flight(self) -> Self:
        """Deliveries with an attempt that has no definite answer yet."""
        return self.filter(state=DeliveryState.SENDING)

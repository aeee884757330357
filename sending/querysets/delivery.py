"""Queries on deliveries."""

from __future__ import annotations

from typing import Any, Self

from foundation.states import StatefulQuerySet
from sending.states import DELIVERY_STATES, DeliveryState


class DeliveryQuerySet(StatefulQuerySet[Any]):
    """Deliveries. Their state is changed only by `transition` and by the ledger."""

    state_table = DELIVERY_STATES

    def pending(self) -> Self:
        """Return the deliveries that are not sent yet."""
        return self.filter(state=DeliveryState.PENDING)

    def of_rest(self) -> Self:
        """Return those that wait, or waited, for the choice of a variant."""
        return self.filter(rank__lt=0)

    def of_test(self) -> Self:
        """Return those that do not wait for a choice: all, in a run without a test."""
        return self.filter(rank__gte=0)

    def in_flight(self) -> Self:
        """Return the deliveries with an attempt that has no definite answer yet."""
        return self.filter(state=DeliveryState.SENDING)

"""The queryset of accounts."""

from __future__ import annotations

from typing import Any, Self

from accounts.states import ACCOUNT_STATES, STOPPED_STATES, WORKING_STATES
from clocks import shared
from foundation.states import StatefulQuerySet


class AccountQuerySet(StatefulQuerySet[Any]):
    """Accounts; only `transition` changes their state."""

    state_table = ACCOUNT_STATES

    def working(self) -> Self:
        """Accounts that may log in, sync and send."""
        return self.filter(state__in=WORKING_STATES)

    def stopped(self) -> Self:
        """Accounts that do nothing until an operator enables them."""
        return self.filter(state__in=STOPPED_STATES)

    def transition(self, *, to: str, **values: Any) -> int:
        """Move accounts to a state and store the time; see `StatefulQuerySet.transition`."""
        values.setdefault("state_changed_at", shared.wall())
        return super().transition(to=to, **values)

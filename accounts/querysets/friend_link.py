"""The queryset of friend links."""

from __future__ import annotations

from typing import Any, Self

from accounts.states import FRIEND_LINK_STATES, OPEN_FRIEND_LINK_STATES
from foundation.states import StatefulQuerySet


class FriendLinkQuerySet(StatefulQuerySet[Any]):
    """Friend links; only `transition` changes their state."""

    state_table = FRIEND_LINK_STATES

    def unsettled(self) -> Self:
        """Friend links whose fate is open."""
        return self.filter(state__in=OPEN_FRIEND_LINK_STATES)

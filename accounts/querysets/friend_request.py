"""The queryset of friend requests."""

from __future__ import annotations

from typing import Any, Self

from accounts.states import (
    FRIEND_REQUEST_STATES,
    OPEN_FRIEND_REQUEST_STATES,
    FriendRequestState,
)
from foundation.states import StatefulQuerySet


class FriendRequestQuerySet(StatefulQuerySet[Any]):
    """Friend requests; only `transition` changes their state."""

    state_table = FRIEND_REQUEST_STATES

    def waiting(self) -> Self:
        """Friend requests that nobody has decided."""
        return self.filter(state=FriendRequestState.WAITING)

    def unsettled(self) -> Self:
        """Friend requests that are not answered yet."""
        return self.filter(state__in=OPEN_FRIEND_REQUEST_STATES)

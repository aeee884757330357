"""The rows of the command `friends`: as JSON, and as a table for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Friend, FriendRequest
from accounts.states import FriendPresence
from foundation.display import EMPTY
from foundation.terminal_tables import table
from foundation.times import utc_iso

_PRESENCES = {
    FriendPresence.ONLINE: "online",
    FriendPresence.OFFLINE: "offline",
    FriendPresence.BUSY: "busy",
}


def friend_data(friend: Friend) -> dict[str, Any]:
    """Return the item of a friendship; times are in UTC."""
    presence = friend.presence
    return {
        "account": friend.account.uin,
        "uin": friend.uin,
        "nickname": friend.nickname,
        "known_since": utc_iso(friend.known_since),
        "first_known_since": utc_iso(friend.first_known_since or friend.known_since),
        "ended_at": utc_iso(friend.ended_at),
        "presence": None if presence is None else _PRESENCES[FriendPresence(presence)],
        "seen_online_at": utc_iso(friend.seen_online_at),
        "face": friend.face,
    }


def request_data(request: FriendRequest) -> dict[str, Any]:
    """Return the item of a friend request; times are in UTC."""
    return {
        "account": request.account.uin,
        "uin": request.uin,
        "text": request.text,
        "state": request.state,
        "received_at": utc_iso(request.received_at),
        "decided_at": utc_iso(request.decided_at),
        "decided_by": request.by.get_username() if request.by is not None else None,
        "reason": request.reason,
        "finished_at": utc_iso(request.finished_at),
        "detail": request.detail,
    }


def rows_text(items: Sequence[dict[str, Any]], columns: Sequence[str]) -> str:
    """Return a table of these columns of the items, "" for none."""
    if not items:
        return _("There are none.")
    rows = [[EMPTY if item[key] in (None, "") else item[key] for key in columns] for item in items]
    return table(heading=columns, rows=rows)

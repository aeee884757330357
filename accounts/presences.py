"""Store the presence of friends, in few statements: there are millions of friendships."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from accounts.models import Account, Friend
from accounts.states import FriendPresence
from clocks import shared
from foundation.queries import chunks
from qqhttp import Presence

#: Friends of one statement.
CHUNK = 200
#: Values of ST that others see; 40 (invisible) is shown as 20.
_SHOWN = frozenset(FriendPresence.values)


class PresenceChange(NamedTuple):
    """A friend's new presence, as MT=99 tells it."""

    account_id: int
    uin: int
    presence: int
    at: datetime


def store_presence_changes(changes: Iterable[PresenceChange]) -> None:
    """Store changes of presence, oldest first; of several of a person the last counts.

    A change says that the person was online: right now, or until now.
    """
    latest = {(one.account_id, one.uin): one for one in changes}
    for chunk in chunks([latest[key] for key in sorted(latest)], size=CHUNK):
        Friend.objects.put_presences(chunk)


def store_online_friends(
    *, account_id: int, presences: Sequence[Presence], is_complete: bool
) -> None:
    """Store who is online, with nicknames and faces.

    Args:
        account_id: the account.
        presences: its friends who are online.
        is_complete: whether these are all. If not, the others are left unchanged.
    """
    now = shared.wall()
    online = {one.uin: one for one in presences}
    mine = Friend.objects.current().filter(account_id=account_id)
    if is_complete:
        mine.exclude(presence=FriendPresence.OFFLINE).exclude(uin__in=list(online)).update(
            presence=FriendPresence.OFFLINE
        )
    for chunk in chunks(sorted(online), size=CHUNK):
        rows = list(mine.filter(uin__in=chunk))
        for row in rows:
            told = online[row.uin]
            row.presence = told.status if told.status in _SHOWN else FriendPresence.ONLINE
            row.seen_online_at = now
            row.face = told.face if told.face is not None and told.face >= 0 else row.face
            row.nickname = told.nickname.replace("\0", "")[:255] or row.nickname
        Friend.objects.bulk_update(rows, ["presence", "seen_online_at", "face", "nickname"])
    Account.objects.filter(pk=account_id).update(presence_asked_at=now)

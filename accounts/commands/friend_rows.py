"""The rows of the command `friends`: as JSON, and as a table for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Friend, FriendLink, FriendRequest, Profile
from accounts.states import FriendPresence
from foundation.display import EMPTY
from foundation.terminal_tables import table
from foundation.times import utc_iso
from qqhttp.enums import BloodType, Constellation, Labelled, Sex, Zodiac

_PRESENCES = {
    FriendPresence.ONLINE: "online",
    FriendPresence.OFFLINE: "offline",
    FriendPresence.BUSY: "busy",
}

_TEXTS = (
    "nickname", "real_name", "country", "province", "city", "address", "postcode", "phone",
    "mobile", "email", "homepage", "occupation", "school", "introduction",
)  # fmt: skip
_LABELS: dict[str, type[Labelled]] = {
    "sex": Sex,
    "blood_type": BloodType,
    "constellation": Constellation,
    "zodiac": Zodiac,
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


def link_data(link: FriendLink) -> dict[str, Any]:
    """Return the item of a friend link; times are in UTC."""
    return {
        "account": link.account.uin,
        "uin": link.uin,
        "kind": link.kind,
        "state": link.state,
        "why": link.purpose,
        "text": link.text,
        "answer": link.answer,
        "requested_at": utc_iso(link.requested_at),
        "finished_at": utc_iso(link.finished_at),
        "detail": link.detail,
    }


def profile_data(uin: int, profile: Profile | None) -> dict[str, Any]:
    """Return the item of a person's profile; numbers have the reference's words."""
    if profile is None:
        return {"uin": uin, "fetched_at": None}
    texts = {name: getattr(profile, name) for name in _TEXTS}
    words = {
        name: next((one.zh for one in labels if one == getattr(profile, name)), "")
        for name, labels in _LABELS.items()
    }
    return {
        "uin": uin,
        **texts,
        **words,
        "age": profile.age,
        "face": profile.face,
        "fetched_at": utc_iso(profile.fetched_at),
    }


def rows_text(items: Sequence[dict[str, Any]], columns: Sequence[str]) -> str:
    """Return a table of these columns of the items, "" for none."""
    if not items:
        return _("There are none.")
    rows = [[EMPTY if item[key] in (None, "") else item[key] for key in columns] for item in items]
    return table(heading=columns, rows=rows)

"""Store what the gateway tells of people, and find whose profile is fetched next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef

from accounts.models import Friend, Profile
from accounts.models.profile import LONGEST
from clocks import shared
from qqhttp import GetInfoReply

#: Attribute of a reply -> column, of texts.
_TEXTS = {
    "nickname": "nickname", "real_name": "real_name", "country": "country",
    "province": "province", "city": "city", "address": "address", "postcode": "postcode",
    "phone": "phone", "mobile": "mobile", "email": "email", "homepage": "homepage",
    "occupation": "occupation", "school": "school",
}  # fmt: skip
_NUMBERS = ("sex", "age", "blood_type", "constellation", "zodiac", "face")
#: What a column of numbers can hold.
_LARGEST = 32_767
#: The longest introduction that is kept, characters.
LONGEST_INTRODUCTION = 4_000

#: Called with profiles that were stored, in their transaction.
ProfileUser = Callable[[Sequence[Profile]], None]
_users: list[ProfileUser] = []


def register_profile_user(use: ProfileUser) -> None:
    """Register what a higher app does with new profiles; called once, at start-up."""
    if use not in _users:
        _users.append(use)


def next_person(*, account_id: int, skipped: int = 0) -> int | None:
    """Return the newest friend of an account without a profile; None if nobody is left today.

    Args:
        account_id: the account.
        skipped: how many to skip, because the gateway did not answer for them.
    """
    since = shared.wall() - timedelta(days=1)
    today = Profile.objects.filter(account_id=account_id, fetched_at__gte=since).count()
    if today >= settings.QQ_PROFILES_PER_DAY:
        return None
    friends = Friend.objects.current().filter(account_id=account_id)
    without = friends.filter(~Exists(Profile.objects.filter(uin=OuterRef("uin"))))
    found = without.order_by("-known_since", "-pk").values_list("uin", flat=True)
    return next(iter(found[skipped : skipped + 1]), None)


def store_profile(*, account_id: int, uin: int, reply: GetInfoReply | None) -> None:
    """Store a person's profile, and their nickname in the friend lists.

    Args:
        account_id: the account that asked.
        uin: the person.
        reply: the gateway's answer; None if it has none, so that it is not asked again soon.
    """
    values: dict[str, Any] = {
        "fetched_at": shared.wall(), "account_id": account_id, "level": 0,
    }  # fmt: skip
    if reply is not None:
        values["level"] = min(max(reply.level or 0, 0), _LARGEST)
        values["introduction"] = _text(reply.profile, LONGEST_INTRODUCTION)
        for name, column in _TEXTS.items():
            values[column] = _text(getattr(reply, name), LONGEST)
        for name in _NUMBERS:
            values[name] = _number(getattr(reply, name))
    profile, _is_new = Profile.objects.update_or_create(uin=uin, defaults=values)
    if profile.nickname:
        Friend.objects.filter(uin=uin).update(nickname=profile.nickname)
    for use in _users:
        use([profile])


def _text(value: str, longest: int) -> str:
    return value.replace("\0", "").strip()[:longest]


def _number(value: int | None) -> int | None:
    return int(value) if value is not None and 0 <= value <= _LARGEST else None

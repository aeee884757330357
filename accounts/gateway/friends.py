"""Verbs for friend lists: keep what the gateway told."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction

from accounts.models import Account, Friend
from clocks import shared

#: Rows per statement: SQLite takes a bounded number of parameters.
CHUNK = 500


def store_friends(*, account_id: int, uins: Collection[int], is_complete: bool) -> None:
    """Make an account's friend list what the gateway told.

    Args:
        account_id: the account.
        uins: the friends told.
        is_complete: whether these are all. Of a list that was cut (some gateways stop at a
            number of names) nothing is concluded about those it does not name.
    """
    now = shared.wall()
    told = set(uins)
    with transaction.atomic():
        known = dict(Friend.objects.filter(account_id=account_id).values_list("uin", "ended_at"))
        Friend.objects.bulk_create(
            [Friend(account_id=account_id, uin=uin, since=now) for uin in told - known.keys()],
            batch_size=CHUNK,
            ignore_conflicts=True,
        )
        back = sorted(uin for uin in told & known.keys() if known[uin] is not None)
        for start in range(0, len(back), CHUNK):
            Friend.objects.filter(
                account_id=account_id, uin__in=back[start : start + CHUNK]
            ).update(ended_at=None, since=now)
        if is_complete:
            gone = sorted(uin for uin in known.keys() - told if known[uin] is None)
            for start in range(0, len(gone), CHUNK):
                Friend.objects.filter(
                    account_id=account_id, uin__in=gone[start : start + CHUNK]
                ).update(ended_at=now)
        Account.objects.filter(pk=account_id).update(
            friend_count=Friend.objects.current().filter(account_id=account_id).count(),
            friends_synced_at=now,
        )

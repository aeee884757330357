"""The queryset of friends."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import connection, models
from django.db.models import Q

from accounts.states import FriendPresence

#: How long a report that a friend is online counts. An account that is logged out gets none.
BELIEVED = timedelta(hours=24)
#: A CTE with the columns' names, because SQLite names no columns of VALUES in FROM. PostgreSQL
#: takes the types of the columns from the first row. Parameters have none, so that row casts them.
_PUT_PRESENCES = """
WITH told (account_id, uin, presence, at) AS (VALUES {rows})
UPDATE accounts_friend AS friend
SET presence = told.presence, seen_online_at = told.at
FROM told
WHERE friend.account_id = told.account_id AND friend.uin = told.uin
"""
_ROW = "(%s, %s, %s, %s)"
_TYPED_ROW = "(%s::bigint, %s::bigint, %s::smallint, %s::timestamptz)"


class FriendQuerySet(models.QuerySet[Any]):
    """Friendships, including ended ones."""

    def current(self) -> Self:
        """Return the friendships that were in the account's list at its last sync."""
        return self.filter(ended_at=None)

    def online(self, *, at: datetime) -> Self:
        """Return the friendships with people who are online or busy by the last report.

        Args:
            at: now; a report that is older than BELIEVED then does not count.
        """
        return self.filter(
            presence__in=(FriendPresence.ONLINE, FriendPresence.BUSY),
            seen_online_at__gte=at - BELIEVED,
        )

    def seen_online(self, *, since: datetime, at: datetime) -> Self:
        """Return the friendships with people who were online at some time since a moment."""
        online = Q(
            presence__in=(FriendPresence.ONLINE, FriendPresence.BUSY),
            seen_online_at__gte=at - BELIEVED,
        )
        return self.filter(online | Q(seen_online_at__gte=since))

    def nicknames(
        self, *, uins: Collection[int], accounts: Collection[int]
    ) -> dict[tuple[int, int], str]:
        """Return the nicknames of people in the lists of some accounts, by (account id, UIN).

        By UIN alone: SQLite would look up each of them with each of the accounts.
        """
        rows = self.filter(uin__in=uins).order_by().values_list("account_id", "uin", "nickname")
        return {(account, uin): nickname for account, uin, nickname in rows if account in accounts}

    def put_presences(self, changes: Sequence[tuple[int, int, int, datetime]]) -> int:
        """Store presences in one statement; return how many friendships were known.

        Args:
            changes: (account, UIN, presence, time) of each, no friendship twice.
        """
        if not changes:
            return 0
        is_postgresql = connection.vendor == "postgresql"
        first = _TYPED_ROW if is_postgresql else _ROW
        rows = ", ".join([first] + [_ROW] * (len(changes) - 1))
        as_time = connection.ops.adapt_datetimefield_value
        values: list[Any] = []
        for account_id, uin, presence, at in changes:
            values += [account_id, uin, presence, as_time(at)]
        with connection.cursor() as cursor:
            cursor.execute(_PUT_PRESENCES.format(rows=rows), values)
            return int(cursor.rowcount)

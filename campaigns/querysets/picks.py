"""What planning would pick, without planning it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from campaigns.querysets.planning import Picks


@dataclass(frozen=True, slots=True)
class Pick:
    """How many people would be treated alike.

    Attributes:
        account_id: who would write to them, or None when nobody could.
        is_suppressed: whether they must not be written to at all.
        has_friend: whether some account of the campaign, working or not, is their friend.
        people: how many.
    """

    account_id: int | None
    is_suppressed: bool
    has_friend: bool
    people: int


def count_picks(*, picks: Picks) -> list[Pick]:
    """Count the picks, alike ones together, in one statement."""
    counting = (
        "SELECT picked_account, is_suppressed, has_friend, COUNT(*) "  # noqa: S608
        f"FROM ({picks.sql}) picks GROUP BY picked_account, is_suppressed, has_friend"
    )
    with connection.cursor() as cursor:
        cursor.execute(counting, picks.params)
        return [
            Pick(account_id, bool(is_suppressed), bool(has_friend), people)
            for account_id, is_suppressed, has_friend, people in cursor.fetchall()
        ]


def first_routes(*, picks: Picks, most: int) -> dict[int, int]:
    """Return the first people who would be written to, by id, each with the account."""
    choosing = (
        f"SELECT id, picked_account FROM ({picks.sql}) picks "  # noqa: S608
        "WHERE picked_account IS NOT NULL AND NOT is_suppressed ORDER BY id LIMIT %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(choosing, [*picks.params, most])
        return dict(cursor.fetchall())

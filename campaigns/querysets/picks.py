"""Counting what planning would pick, without planning it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet


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


def count_picks(*, picks: QuerySet[Any, Any]) -> list[Pick]:
    """Count the rows of `pick_accounts`, alike ones together, in one statement."""
    sql, params = picks.query.sql_with_params()
    # MATERIALIZED: the look-up of the account is done once a person, before the grouping.
    counting = (
        f"WITH picked AS MATERIALIZED ({sql}) "  # noqa: S608
        "SELECT picked_account, is_suppressed, has_friend, COUNT(*) FROM picked "
        "GROUP BY picked_account, is_suppressed, has_friend"
    )
    with connection.cursor() as cursor:
        cursor.execute(counting, params)
        return [
            Pick(account_id, bool(is_suppressed), bool(has_friend), people)
            for account_id, is_suppressed, has_friend, people in cursor.fetchall()
        ]

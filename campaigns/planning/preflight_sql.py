"""What planning would pick, without planning it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.db import connection

from campaigns.planning.plan_sql import Picks
from sending.states import Reason


class PreflightGroup(StrEnum):
    """What would become of a person; whoever is skipped is called as the reason is."""

    TARGETED = "targeted"
    SENDABLE = "sendable"
    SUPPRESSED = Reason.SUPPRESSED.value
    NO_ACCOUNT = Reason.NO_ACCOUNT.value
    NOT_A_FRIEND = Reason.NOT_A_FRIEND.value


_CONDITIONS = {
    PreflightGroup.TARGETED: "TRUE",
    PreflightGroup.SENDABLE: "picked_account IS NOT NULL AND NOT is_suppressed",
    PreflightGroup.SUPPRESSED: "is_suppressed",
    PreflightGroup.NO_ACCOUNT: "picked_account IS NULL AND has_friend AND NOT is_suppressed",
    PreflightGroup.NOT_A_FRIEND: "picked_account IS NULL AND NOT has_friend AND NOT is_suppressed",
}


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


def first_picks(
    *, picks: Picks, group: PreflightGroup, most: int, account_id: int | None = None
) -> dict[int, int | None]:
    """Return the first people of whom this would become, by id, each with the account picked.

    Args:
        picks: of whom.
        group: what would become of them.
        most: how many at most.
        account_id: only those whom this account would write to.
    """
    condition, params = _CONDITIONS[group], list(picks.params)
    if account_id is not None:
        condition += " AND picked_account = %s"
        params.append(account_id)
    choosing = (
        f"SELECT id, picked_account FROM ({picks.sql}) picks "  # noqa: S608
        f"WHERE {condition} ORDER BY id LIMIT %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(choosing, [*params, most])
        return dict(cursor.fetchall())

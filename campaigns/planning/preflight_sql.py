"""SQL of the preflight: count and list the picks of planning without planning."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from django.db import connection

from campaigns.planning.plan_sql import Picks
from sending.states import Reason


class PreflightGroup(StrEnum):
    """The group of people behind a preflight figure; skipped people are grouped by reason."""

    TARGETED = "targeted"
    SENDABLE = "sendable"
    SUPPRESSED = Reason.SUPPRESSED.value
    FREQUENCY_CAP = Reason.FREQUENCY_CAP.value
    ONCE_ACROSS = Reason.ONCE_ACROSS.value
    HOLDOUT = Reason.HOLDOUT.value
    NO_ACCOUNT = Reason.NO_ACCOUNT.value
    NOT_A_FRIEND = Reason.NOT_A_FRIEND.value
    KEPT = "kept"


_REACHABLE = "NOT is_suppressed AND over_limit = ''"
_CONDITIONS = {
    PreflightGroup.TARGETED: "TRUE",
    PreflightGroup.SENDABLE: f"picked_account IS NOT NULL AND NOT is_held_out AND {_REACHABLE}",
    PreflightGroup.SUPPRESSED: "is_suppressed",
    PreflightGroup.FREQUENCY_CAP: "NOT is_suppressed AND over_limit = 'frequency_cap'",
    PreflightGroup.ONCE_ACROSS: "NOT is_suppressed AND over_limit = 'once_across'",
    PreflightGroup.HOLDOUT: f"picked_account IS NOT NULL AND is_held_out AND {_REACHABLE}",
    PreflightGroup.NO_ACCOUNT: f"picked_account IS NULL AND has_friend AND {_REACHABLE}",
    PreflightGroup.NOT_A_FRIEND: f"picked_account IS NULL AND NOT has_friend AND {_REACHABLE}",
    PreflightGroup.KEPT: f"picked_account = kept AND NOT is_held_out AND {_REACHABLE}",
}


@dataclass(frozen=True, slots=True)
class Pick:
    """The number of people with the same pick.

    Attributes:
        account_id: the account that would send to them, or None.
        is_suppressed: whether they are suppressed.
        has_friend: whether an account of the campaign, working or not, has them as a friend.
        is_kept: whether the account is the one that wrote to them last.
        is_stranger: whether the account does not have them as a friend.
        over_limit: the reason to skip them because of a limit; "" if there is none.
        text_number: the number of the text they would get.
        is_held_out: whether they get nothing although they could.
        people: the number of people.
    """

    account_id: int | None
    is_suppressed: bool
    has_friend: bool
    is_kept: bool
    is_stranger: bool
    over_limit: str
    text_number: int
    is_held_out: bool
    people: int


def count_picks(*, picks: Picks) -> list[Pick]:
    """Return the number of people for each distinct pick, in one statement."""
    columns = "picked_account, is_suppressed, has_friend, is_kept, is_stranger, over_limit"
    columns += ", text_number, is_held_out"
    counting = f"""
SELECT {columns}, COUNT(*)
  FROM (SELECT picks.*, COALESCE(picked_account = kept, FALSE) AS is_kept,
               COALESCE(picked_account <> friend, picked_account IS NOT NULL) AS is_stranger
          FROM ({picks.sql}) picks) counted
 GROUP BY {columns}
"""  # noqa: S608 -- it puts in names, no value
    with connection.cursor() as cursor:
        cursor.execute(counting, picks.params)
        return [
            Pick(
                *(row[0], bool(row[1]), bool(row[2]), bool(row[3]), bool(row[4])),
                *(row[5], row[6], bool(row[7]), row[8]),
            )
            for row in cursor.fetchall()
        ]


def first_picks(
    *,
    picks: Picks,
    group: PreflightGroup,
    most: int,
    account_id: int | None = None,
    texts: Collection[int] | None = None,
) -> dict[int, int | None]:
    """Return the first people of a group by contact id, with the account picked for each.

    Args:
        picks: the picks of the audience.
        group: the preflight group.
        most: the maximum number of people.
        account_id: only people this account would send to.
        texts: only people who would get a text with one of these numbers.
    """
    condition, params = _CONDITIONS[group], list(picks.params)
    if account_id is not None:
        condition += " AND picked_account = %s"
        params.append(account_id)
    if texts is not None:
        condition += f" AND text_number IN ({', '.join(['%s'] * len(texts))})"
        params += texts
    choosing = (
        f"SELECT id, picked_account FROM ({picks.sql}) picks "  # noqa: S608
        f"WHERE {condition} ORDER BY id LIMIT %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(choosing, [*params, most])
        return dict(cursor.fetchall())

"""The newest attempts of several accounts, in one statement: for lists of accounts.

Plan: for each account a short backward scan of the unique index over (account, seq), joined by
UNION ALL. Nothing is sorted, and no more rows are read than are asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import connection, models


def newest_attempts(
    attempts: type[models.Model], *, most: Mapping[int, int], since: datetime
) -> dict[int, list[tuple[str, bool]]]:
    """Return result code and "marked since a moment" of each account's newest attempts.

    Args:
        attempts: the model of attempts, which is in a package above.
        most: how many at most, by the account's key.
        since: the moment.
    """
    rows = _ask(
        "SELECT account_id, res, CASE WHEN marked_at >= %s THEN 1 ELSE 0 END",
        attempts, most, since,
    )  # fmt: skip
    found: dict[int, list[tuple[str, bool]]] = {key: [] for key in most}
    for account, res, is_since in rows:
        found[account].append((res, bool(is_since)))
    return found


def attempts_since(
    attempts: type[models.Model], *, most: Mapping[int, int], since: datetime
) -> dict[int, int]:
    """Return how many of each account's newest attempts were marked since a moment."""
    counted = dict.fromkeys(most, 0)
    for account, n in _ask(
        "SELECT account_id, SUM(CASE WHEN marked_at >= %s THEN 1 ELSE 0 END)",
        attempts, most, since, end=" GROUP BY account_id",
    ):  # fmt: skip
        counted[account] = n
    return counted


def _ask(
    select: str,
    attempts: type[models.Model],
    most: Mapping[int, int],
    since: datetime,
    *,
    end: str = "",
) -> Iterable[Any]:
    if not most:
        return []
    table = connection.ops.quote_name(attempts._meta.db_table)
    one = (
        f"{select} FROM (SELECT account_id, res, marked_at, seq FROM {table} "  # noqa: S608
        f"WHERE account_id = %s ORDER BY seq DESC LIMIT %s) AS newest{end}"
    )
    moment = connection.ops.adapt_datetimefield_value(since)
    parameters = [value for key, n in most.items() for value in (moment, key, n)]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join([one] * len(most)), parameters)
        rows: Iterable[Any] = cursor.fetchall()
    return rows

"""The feed's SQL: the next deliveries of a lane, or the first ones of many lanes that open.

It is written out because every lane runs it every few messages: building it with the ORM took
longer than the database takes to answer it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from sending.limits import PersonLimits
from sending.querysets.limits import got_one_across, is_of_cap_origin, messages_counted
from sending.querysets.suppressed import is_suppressed

# An index scan of `delivery_next`: account and run are its prefix, rank and id its order. Opt-outs
# since planning are looked up per row, by UIN. What a run holds back has negative ranks: the scan
# begins after them, so a lane never reads them.
_NEXT_ROWS = """
SELECT {rank}d.id, d.uin, d.attempt_count - COALESCE(d.counted_from, 0), {suppressed},
       d.text_number{limits}
  FROM sending_delivery d
 WHERE d.account_id = {account} AND d.run_id = %s AND d.state = 'pending'
   AND (d.not_before IS NULL OR d.not_before <= %s){held}
 ORDER BY d.rank, d.id
 LIMIT {most}
"""
# For many accounts, on PostgreSQL: the same scan for each of them. On SQLite, which has no LATERAL
# and no round trips, it is a statement for each.
_NEXT_OF_MANY = """
SELECT asked.account_id, next.*
  FROM unnest(%s::bigint[], %s::int[]) AS asked (account_id, most)
 CROSS JOIN LATERAL ({next_rows}) next
 ORDER BY next.rank, next.id
"""


class _Shape(NamedTuple):
    """What a statement depends on.

    Attributes:
        is_of_many: whether it is for many accounts.
        holds_rest: whether the run holds its rest.
        counts_all: for a run with limits on messages to one person, whether all messages count for
            the cap; None for other runs.
    """

    is_of_many: bool
    holds_rest: bool
    counts_all: bool | None


def _statement(shape: _Shape) -> str:
    next_rows = _NEXT_ROWS.format(
        rank="d.rank, " if shape.is_of_many else "",
        account="asked.account_id" if shape.is_of_many else "%s",
        most="asked.most" if shape.is_of_many else "%s",
        suppressed=is_suppressed(uin="d.uin", run="d.run_id"),
        held=" AND d.rank >= 0" if shape.holds_rest else "",
        limits="" if shape.counts_all is None else _limits(counts_all=shape.counts_all),
    )
    return _NEXT_OF_MANY.format(next_rows=next_rows) if shape.is_of_many else next_rows


def _limits(*, counts_all: bool) -> str:
    """Return the columns of a run with limits: the person, and which limit they are over."""
    counted = messages_counted(
        contact="d.contact_id",
        run="d.run_id",
        sent_after="%s",
        marked_after="%s",
        among="" if counts_all else is_of_cap_origin(run="d.run_id"),
    )
    return f""", d.contact_id,
       CASE WHEN {got_one_across(contact="d.contact_id", run="d.run_id")} THEN 'once_across'
            WHEN {counted} >= %s THEN 'frequency_cap' ELSE '' END"""


_STATEMENTS = {
    shape: _statement(shape)
    for shape in (
        _Shape(of_many, holds, counts_all)
        for of_many in (False, True)
        for holds in (False, True)
        for counts_all in (None, False, True)
    )
}
#: The cap of a run without a frequency cap; it is higher than any count.
_NO_CAP = 2**31


class Next(NamedTuple):
    """A delivery that may be sent now unless `is_suppressed`.

    Attributes:
        attempts: the number of attempts since the latest retry.
        is_suppressed: whether its person opted out since planning.
        text_number: which text of the run it gets.
        contact_id: the person, in a run with limits; None if the contact was deleted.
        over_limit: the reason to skip the person because of a limit; "" if there is none.
    """

    delivery_id: int
    uin: int
    attempts: int
    is_suppressed: bool
    text_number: int = 0
    contact_id: int | None = None
    over_limit: str = ""


def next_of_run(
    *,
    account_id: int,
    run_id: int,
    now: datetime,
    limit: int,
    person_limits: PersonLimits | None = None,
    holds_rest: bool = False,
) -> list[Next]:
    """Return an account's next pending deliveries in a run, oldest first.

    Args:
        account_id, run_id: the account and the run.
        now: the shared time.
        limit: the most deliveries to return.
        person_limits: the run's limits on messages to one person; None if it has none.
        holds_rest: whether the run's rest waits for the choice of a variant, and is left out.
    """
    since, at = _moments(person_limits, now)
    values = [*since, account_id, run_id, at, limit]
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENTS[_shape(False, person_limits, holds_rest)], values)
        return [_next(row) for row in cursor.fetchall()]


def first_of_run(
    *,
    limits: Mapping[int, int],
    run_id: int,
    now: datetime,
    person_limits: PersonLimits | None = None,
    holds_rest: bool = False,
) -> dict[int, list[Next]]:
    """Return the next pending deliveries of many accounts in a run, as `next_of_run` does of one.

    Args:
        limits: the most deliveries to return, by account.
        run_id, now, person_limits, holds_rest: as for `next_of_run`.
    """
    if connection.vendor != "postgresql":
        return {
            account_id: next_of_run(
                account_id=account_id,
                run_id=run_id,
                now=now,
                limit=limit,
                person_limits=person_limits,
                holds_rest=holds_rest,
            )
            for account_id, limit in limits.items()
        }
    since, at = _moments(person_limits, now)
    values = [list(limits), list(limits.values()), *since, run_id, at]
    found: dict[int, list[Next]] = {account_id: [] for account_id in limits}
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENTS[_shape(True, person_limits, holds_rest)], values)
        for account_id, _rank, *row in cursor.fetchall():
            found[account_id].append(_next(row))
    return found


def _shape(is_of_many: bool, person_limits: PersonLimits | None, holds_rest: bool) -> _Shape:
    counts_all = None if person_limits is None else person_limits.cap_counts_all
    return _Shape(is_of_many, holds_rest, counts_all)


def _moments(person_limits: PersonLimits | None, now: datetime) -> tuple[list[Any], Any]:
    """Return the values of the limits on messages to one person, and the present moment."""
    stored = connection.ops.adapt_datetimefield_value
    if person_limits is None:
        return [], stored(now)
    most = _NO_CAP if person_limits.cap_most is None else person_limits.cap_most
    return [*(stored(moment) for moment in person_limits.since()), most], stored(now)


def _next(row: Sequence[Any]) -> Next:
    delivery_id, uin, attempts, has_opted_out, *others = row
    return Next(delivery_id, uin, attempts, bool(has_opted_out), *others)

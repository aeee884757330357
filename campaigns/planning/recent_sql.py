"""The SQL of what the people of a chunk got lately: the latest sender, and what counts for limits.

SQLite reads a person's newest deliveries by one look-up for all of these together.

On PostgreSQL, each of these is a look-up of its own in the deliveries by index. For a whole chunk,
the newest deliveries of all its people are one range of the same index, which costs a fifth. The
range is read only if the chunk has most of the people between its first and its last one.
Otherwise, and for people who got nothing lately, the look-ups are made. The result is the same.

The two sets are put together by UNION ALL and GROUP BY instead of a join: with statistics of an
empty table, PostgreSQL would compare each row of the one with each of the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from campaigns.planning.limits_sql import Limit, limits_in
from campaigns.planning.rules import PlanRules
from sending.models import Run

#: A chunk is dense if its range has less than so many keys of contacts for each of its people.
_DENSE = 4
#: For the latest sender alone, the deliveries of so many newest runs are read at once.
_NEWEST_RUNS = 4
#: Keys of accounts are lower. The latest sender is found as the highest run * _KEYS + account.
_KEYS = 2**32

# From the person's newest run back, until one has sent. The person is written as a range, so that
# only the unique index of deliveries has the order. With old statistics PostgreSQL would read the
# index of the run, all of it for a person who was never written to.
_LATEST_SENDER = """
(SELECT e.account_id FROM sending_delivery e
  WHERE e.contact_id >= p.id AND e.contact_id <= p.id AND e.state = 'sent'
  ORDER BY e.contact_id DESC, e.run_id DESC LIMIT 1)
"""
_NOBODY = "CAST(NULL AS bigint)"
# The bounds are subqueries that are evaluated once. PostgreSQL does not know the oldest run while
# it chooses the plan, so old statistics cannot make it prefer the index of the run.
_GATHERED = """
audience AS MATERIALIZED ({people}),
span AS MATERIALIZED (
    SELECT MIN(id) AS first, MAX(id) AS last, MAX(id) - MIN(id) < {dense} * COUNT(*) AS is_dense
      FROM audience),
gathered AS (
    SELECT id, MAX(uin) AS uin, MAX(rank) AS rank, MAX(latest) AS latest{kept_columns}
      FROM (SELECT id, uin, rank, {nobody} AS latest{empty_columns} FROM audience
            UNION ALL
            SELECT e.contact_id, NULL, NULL,
                   MAX(CASE WHEN e.state = 'sent'
                            THEN e.run_id * {keys} + COALESCE(e.account_id, 0) END){new_columns}
              FROM sending_delivery e
             WHERE e.contact_id >= (SELECT first FROM span)
               AND e.contact_id <= (SELECT last FROM span)
               AND e.run_id >= (SELECT CAST({run} AS bigint)) AND (SELECT is_dense FROM span)
             GROUP BY e.contact_id) found
     GROUP BY id HAVING MAX(uin) IS NOT NULL),
"""
# Everything about a person in one number: the latest sender's key and 1, above it a bit for each
# limit that is reached. Beside MAX, SQLite takes a plain column from the row of the highest value.
# The limit keeps SQLite from looking up again wherever the number is used.
_LOOKED_UP = """
audience AS ({people}),
looked_up AS (
    SELECT p.*, (SELECT {sender}{reached} FROM sending_delivery e
                  WHERE e.contact_id = p.id AND e.run_id >= {run}) AS lately
      FROM audience p LIMIT -1),
"""
_SENDER = (
    "CASE WHEN MAX(CASE WHEN e.state = 'sent' THEN e.run_id END) IS NULL THEN 0"
    " ELSE COALESCE(e.account_id, 0) + 1 END"
)


@dataclass(frozen=True, slots=True)
class RecentSql:
    """The pieces of the statement that plans people.

    Attributes:
        parts: the common table expressions, or "".
        parts_params: their parameters, after those of the people.
        people: where the people `p` are read from.
        kept: from a person `p`, the latest sender.
        over_limit: the reason to skip the person because of a limit, or "".
        limit_params: its parameters.
    """

    parts: str
    parts_params: tuple[Any, ...]
    people: str
    kept: str
    over_limit: str
    limit_params: tuple[Any, ...]


def recent_sql(*, rules: PlanRules, people: str, columns: Sequence[str]) -> RecentSql:
    """Return the SQL of what people got lately. Without limits and known senders it costs nothing.

    Args:
        rules: the run's rules.
        people: the SQL of the people: id, uin, rank and further columns.
        columns: the names of the further columns, which are texts.
    """
    limits = limits_in(rules)
    if not limits and not rules.keeps_senders:
        return RecentSql("", (), f"({people})", _NOBODY, "CAST('' AS text)", ())
    if connection.vendor == "sqlite":
        return _looked_up(rules, limits, people=people)
    counted = [f"counted_{place}" for place in range(len(limits))]
    parts = _GATHERED.format(
        people=people,
        dense=_DENSE,
        keys=_KEYS,
        nobody=_NOBODY,
        run=_oldest_run(rules, limits),
        kept_columns="".join(
            [f", MAX({column}) AS {column}" for column in columns]
            + [f", COALESCE(MAX({count}), 0) AS {count}" for count in counted]
        ),
        empty_columns="".join(f", {column}" for column in columns)
        + "".join(f", 0 AS {count}" for count in counted),
        new_columns=", NULL" * len(columns)
        + "".join(f", COUNT(CASE WHEN {limit.counts} THEN 1 END)" for limit in limits),
    )
    cases, params = "", list[Any]()
    for limit, count in zip(limits, counted, strict=True):
        each = limit.count_of(contact="p.id")
        number = f"CASE WHEN (SELECT is_dense FROM span) THEN p.{count} ELSE {each} END"  # noqa: S608
        cases += f" WHEN {number} >= {limit.most} THEN '{limit.reason.value}'"
        params += limit.params
    return RecentSql(
        parts=parts,
        parts_params=tuple(value for limit in limits for value in limit.params),
        people="gathered",
        kept=f"COALESCE(p.latest & {_KEYS - 1}, {_LATEST_SENDER})"
        if rules.keeps_senders
        else _NOBODY,
        over_limit=f"CASE{cases} ELSE '' END" if cases else "CAST('' AS text)",
        limit_params=tuple(params),
    )


def _looked_up(rules: PlanRules, limits: Sequence[Limit], *, people: str) -> RecentSql:
    if not limits:
        return RecentSql("", (), f"({people})", _LATEST_SENDER, "CAST('' AS text)", ())
    reached, cases = "", ""
    for place, limit in enumerate(limits):
        bit = 2 * _KEYS << place
        reached += f" + (COUNT(CASE WHEN {limit.counts} THEN 1 END) >= {limit.most}) * {bit}"
        cases += f" WHEN p.lately & {bit} THEN '{limit.reason.value}'"
    parts = _LOOKED_UP.format(
        people=people,
        sender=_SENDER if rules.keeps_senders else "0",
        reached=reached,
        run=_oldest_run(rules, limits),
    )
    sender = f"p.lately & {2 * _KEYS - 1}"
    return RecentSql(
        parts=parts,
        parts_params=tuple(value for limit in limits for value in limit.params),
        people="looked_up",
        kept=f"CASE WHEN {sender} THEN ({sender}) - 1 ELSE {_LATEST_SENDER} END"
        if rules.keeps_senders
        else _NOBODY,
        over_limit=f"CASE{cases} ELSE '' END",
        limit_params=(),
    )


def _oldest_run(rules: PlanRules, limits: Sequence[Limit]) -> int:
    """Return the lowest key of the runs whose deliveries are read at once."""
    if limits:
        return min(limit.oldest_run for limit in limits)
    planned = Run.objects.filter(planned_at__isnull=False).exclude(pk=rules.run_id)
    newest = list(planned.order_by("-pk").values_list("pk", flat=True)[:_NEWEST_RUNS])
    return newest[-1] if newest else 0

"""The ledger's SQL for PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, cast

from django.db import connection

from accounts.querysets.worker import PROVED_SECONDS
from sending.ledger.sql import (
    NEVER_LEFT,
    SENDABLE,
    Rows,
    settled_reason,
    settled_state,
)
from sending.querysets.limits import got_one_across, is_of_cap_origin, messages_counted
from sending.querysets.suppressed import is_suppressed

# FOR SHARE: this transaction and one that ends this worker wait for each other's commit. So no mark
# of this worker is committed after its leases are free.
_LIVING = """
SELECT heartbeat_at < %s
  FROM accounts_worker WHERE id = %s AND ended_at IS NULL FOR SHARE
"""
_PROVE = "UPDATE accounts_worker SET heartbeat_at = %s WHERE id = %s"

# Every statement below looks up each row of the batch by primary key. PostgreSQL must not choose
# another plan. Just after planning, its statistics show no pending delivery: it took the partial
# index of pending deliveries for nearly empty and read all of it at each commit, 16,000 rows for a
# batch of 70, and a million rows in a run of a million. So columns of other indexes are written as
# expressions (`|| ''`, `+ 0`), which match no index, and the ledger's own connection disables scans
# (CONNECTION_OPTIONS). A key is compared as `= ANY(ARRAY[...])`, which allows a look-up but no
# merge: with a plain `=` PostgreSQL may read a whole index in its order instead. It did so for a
# table that was still empty when the plan was made, and the plan is kept.
# tests/sending/test_ledger_plan.py checks the plans.

# The lease and the account of one row of the batch. LIMIT keeps each a look-up: joined, all leases
# were read at each commit and compared with every row.
_HELD = """SELECT l.account_id FROM accounts_lease l
             WHERE l.account_id = a.account_id AND l.token = a.token AND l.worker_id + 0 = %s
             LIMIT 1"""
_SENDABLE = """SELECT acc.id FROM accounts_account acc
                 WHERE acc.id = a.account_id AND acc.state || '' = ANY(%s) LIMIT 1"""

# One statement marks and writes the attempts, so that exactly the granted rows get one.
_MARK_ROWS = """
WITH asked AS (
    SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[]{types})
        AS t (delivery_id, account_id, token, seq, body{columns})
), granted AS (
    UPDATE sending_delivery d
       SET state = 'sending', attempt_count = d.attempt_count + 1, seq = a.seq,
           not_before = NULL, text = COALESCE(a.body, d.text)
      FROM asked a
      CROSS JOIN LATERAL ({held}) l
      CROSS JOIN LATERAL ({sendable}) acc,
           sending_run r
     WHERE d.id = ANY(ARRAY[a.delivery_id]) AND d.account_id + 0 = a.account_id
       AND d.state || '' = 'pending'
       AND r.id = d.run_id + 0 AND r.state || '' = 'running'
     -- Not for a person who opted out after planning: the lane then skips the delivery.
     AND NOT {suppressed}{limits}
    RETURNING d.id, d.run_id, d.account_id, d.seq
), written AS (
    INSERT INTO sending_attempt (delivery_id, account_id, seq, marked_at, replays, res)
    SELECT id, account_id, seq, %s, 0, '' FROM granted
)
SELECT id, run_id, seq FROM granted
"""
_SUPPRESSED = is_suppressed(uin="d.uin", run="r.id")
_MARK = _MARK_ROWS.format(
    types="", columns="", held=_HELD, sendable=_SENDABLE, suppressed=_SUPPRESSED, limits=""
)
_COUNTED = messages_counted(
    contact="d.contact_id",
    run="r.id",
    sent_after="a.sent_after",
    marked_after="a.marked_after",
    among=f"(r.cap_counts_all OR {is_of_cap_origin(run='r.id')})",
)
_MARK_LIMITED = _MARK_ROWS.format(
    types=", %s::int[], %s::timestamptz[], %s::timestamptz[]",
    columns=", most, sent_after, marked_after",
    held=_HELD,
    sendable=_SENDABLE,
    suppressed=_SUPPRESSED,
    limits=f" AND (a.most IS NULL OR {_COUNTED} < a.most)"
    f" AND NOT {got_one_across(contact='d.contact_id', run='r.id')}",
)

# In the order of the keys, so that two ledgers cannot deadlock. The locks end with the transaction.
_LOCK_PEOPLE = """
SELECT pg_advisory_xact_lock(%s, key)
  FROM (SELECT DISTINCT hashint8(id) AS key FROM unnest(%s::bigint[]) AS t (id) ORDER BY 1) keys
"""
#: The first half of these locks' keys. Planning locks its chunks with another one.
_PEOPLE = 5_151

# Marks whose commit succeeded although its answer was lost. A SEQ has one mark, so they are ours.
_MARKED_ALREADY = f"""
WITH asked AS (
    SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[])
        AS t (delivery_id, account_id, token, seq, body)
)
SELECT a.delivery_id, a.seq
  FROM asked a
  CROSS JOIN LATERAL ({_HELD}) l
  JOIN sending_attempt t
    ON t.account_id = ANY(ARRAY[a.account_id]) AND t.seq = ANY(ARRAY[a.seq])
       AND t.finished_at IS NULL
  JOIN sending_delivery d
    ON d.id = ANY(ARRAY[t.delivery_id]) AND d.state || '' = 'sending' AND d.seq = a.seq
 WHERE t.delivery_id + 0 = a.delivery_id
"""  # noqa: S608 -- it puts in names, no value

_REPLAY = f"""
WITH asked AS (
    SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS t (account_id, token, seq)
), held AS (
    SELECT t.id, t.account_id, t.seq, t.marked_at < %s AS is_too_old,
           d.uin = 0 OR {is_suppressed(uin="d.uin", run="r.id")} AS has_opted_out,
           r.state = 'cancelled' AS is_cancelled
      FROM asked a
      CROSS JOIN LATERAL ({_HELD}) l
      JOIN sending_attempt t
        ON t.account_id = ANY(ARRAY[a.account_id]) AND t.seq = ANY(ARRAY[a.seq])
           AND t.finished_at IS NULL
      JOIN sending_delivery d ON d.id = ANY(ARRAY[t.delivery_id])
      JOIN sending_run r ON r.id = d.run_id + 0
), counted AS (
    UPDATE sending_attempt t SET replays = t.replays + 1 FROM held h
     WHERE t.id = ANY(ARRAY[h.id]) AND NOT (h.is_too_old OR h.has_opted_out OR h.is_cancelled)
)
SELECT account_id, seq, is_too_old, has_opted_out, is_cancelled FROM held
"""  # noqa: S608 -- it puts in names, no value

_SETTLE = f"""
WITH results AS (
    SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::text[],
                         %s::text[], %s::timestamptz[], %s::timestamptz[], %s::boolean[],
                         %s::timestamptz[])
        AS t (delivery_id, account_id, seq, state, reason, res, answered_at, not_before, is_ended,
              sent_at)
), moved AS (
    UPDATE sending_delivery d
       SET state = {settled_state(old="d")}, reason = {settled_reason(old="d")},
           last_res = s.res, not_before = s.not_before,
           counted_from = CASE WHEN s.res IN {NEVER_LEFT} THEN COALESCE(d.counted_from, 0) + 1
                               ELSE d.counted_from END,
           sent_at = CASE WHEN s.state = 'sent' THEN s.sent_at ELSE d.sent_at END
      FROM results s, sending_run r
     WHERE d.id = ANY(ARRAY[s.delivery_id]) AND d.state || '' = 'sending' AND d.seq = s.seq
       AND r.id = d.run_id + 0
    RETURNING d.id, d.run_id, d.state, d.reason
), noted AS (
    UPDATE sending_attempt t
       SET res = s.res, finished_at = CASE WHEN s.is_ended THEN s.answered_at END
      FROM results s
     WHERE t.account_id = ANY(ARRAY[s.account_id]) AND t.seq = ANY(ARRAY[s.seq])
       AND t.finished_at IS NULL
)
SELECT id, run_id, state, reason FROM moved
"""  # noqa: S608 -- it puts in names, no value


#: For the ledger's own connection: index look-ups only, whatever the statistics say. So one plan is
#: as good for any batch, and the server keeps it.
CONNECTION_OPTIONS = (
    " -c enable_seqscan=off -c enable_bitmapscan=off -c enable_hashjoin=off"
    " -c enable_mergejoin=off -c jit=off -c plan_cache_mode=force_generic_plan"
)


def arrays(rows: Sequence[Sequence[Any]], count: int) -> list[str]:
    """Return `count` columns, one PostgreSQL array for each, from rows.

    The driver takes more than three times as long to write lists.
    """
    turned = zip(*rows, strict=True) if rows else [()] * count
    return [f"{{{','.join(map(_element, column))}}}" for column in turned]


def _element(value: Any) -> str:
    if isinstance(value, str):
        escaped = value.replace("\\", r"\\").replace('"', r"\"")
        return f'"{escaped}"'
    return "NULL" if value is None else str(value)


class PostgresqlLedger:
    """See `sending.ledger.sql.LedgerSql`."""

    connection_options = CONNECTION_OPTIONS

    def __init__(self) -> None:
        #: The driver's connection that was asked whether it leads to a pooler, and the answer.
        self._asked: Any = None
        self._is_pooled = False

    @contextmanager
    def together(self) -> Iterator[None]:
        raw = connection.connection
        if raw is not self._asked:
            self._is_pooled, self._asked = keep_no_plans_behind_pooler(raw), raw
        if self._is_pooled:
            yield  # not every pooler passes statements on before the answer to the last one
            return
        # An error of a statement is raised at the end of the pipeline, by the driver.
        with connection.wrap_database_errors, raw.pipeline():
            yield

    def living(self, *, worker_id: int, at: datetime) -> Rows:
        return _rows(_LIVING, [at - timedelta(seconds=PROVED_SECONDS), worker_id])

    def prove(self, *, worker_id: int, at: datetime) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_PROVE, [at, worker_id])

    def mark(self, *, worker_id: int, rows: Sequence[Sequence[Any]], at: Any) -> Rows:
        return _rows(_MARK, [*arrays(rows, 5), worker_id, list(SENDABLE), at])

    def mark_limited(self, *, worker_id: int, rows: Sequence[Sequence[Any]], at: datetime) -> Rows:
        return _rows(_MARK_LIMITED, [*arrays(rows, 8), worker_id, list(SENDABLE), at])

    def lock_people(self, *, contact_ids: Sequence[int]) -> None:
        _rows(_LOCK_PEOPLE, [_PEOPLE, list(contact_ids)])

    def marked_already(self, *, worker_id: int, rows: Sequence[Sequence[Any]]) -> Rows:
        return _rows(_MARKED_ALREADY, [*arrays(rows, 5), worker_id])

    def replay(self, *, worker_id: int, rows: Sequence[Sequence[Any]], oldest: datetime) -> Rows:
        return _rows(_REPLAY, [*arrays(rows, 3), oldest, worker_id])

    def settle(self, *, rows: Sequence[Sequence[Any]]) -> Rows:
        return _rows(_SETTLE, arrays(rows, 10))


def _rows(statement: str, values: Sequence[Any]) -> Rows:
    """Send a statement; return what reads its rows. The cursor ends with it."""
    cursor = connection.cursor()
    cursor.execute(statement, values)
    return cast(Rows, cursor.fetchall)


def keep_no_plans_behind_pooler(raw: Any) -> bool:
    """Return whether a connection leads to a pooler; then have no plans kept.

    Its next server may not know them. A pooler tells its clients another number of a backend than
    the backend knows of itself.

    Args:
        raw: the driver's connection.
    """
    number = raw.execute("SELECT pg_backend_pid()").fetchone()[0]
    is_pooled: bool = number != raw.pgconn.backend_pid
    if is_pooled:
        raw.prepare_threshold = None
    return is_pooled

"""The ledger's SQL for SQLite. SQLite has one writer at a time, so the fence is a plain read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from accounts.querysets.worker import PROVED_SECONDS
from sending.ledger.sql import NEVER_LEFT, SENDABLE, Rows, settled_reason, settled_state
from sending.querysets.limits import got_one_across, is_of_cap_origin, messages_counted
from sending.querysets.suppressed import is_suppressed

_LIVING = """
SELECT heartbeat_at < %s
  FROM accounts_worker WHERE id = %s AND ended_at IS NULL
"""
_PROVE = "UPDATE accounts_worker SET heartbeat_at = %s WHERE id = %s"

# Every statement below looks up each row of the batch by key, whatever ANALYZE has counted: CROSS
# JOIN keeps the order of the tables, and a column behind a `+` matches no index.
_MARK_ROWS = """
WITH asked AS (
    SELECT value ->> 0 AS delivery_id, value ->> 1 AS account_id, value ->> 2 AS token,
           value ->> 3 AS seq, value ->> 4 AS body{columns}
      FROM json_each(%s)
)
UPDATE sending_delivery
   SET state = 'sending', attempt_count = sending_delivery.attempt_count + 1, seq = a.seq,
       not_before = NULL, text = COALESCE(a.body, sending_delivery.text)
  FROM asked a CROSS JOIN accounts_lease l CROSS JOIN accounts_account acc
       CROSS JOIN sending_run r
 WHERE sending_delivery.id = a.delivery_id
   AND +sending_delivery.account_id = a.account_id
   AND +sending_delivery.state = 'pending'
   AND l.account_id = a.account_id AND l.token = a.token AND +l.worker_id = %s
   AND acc.id = a.account_id AND +acc.state IN (%s, %s, %s)
   AND r.id = +sending_delivery.run_id AND r.state = 'running'
   -- Not for a person who opted out after planning: the lane then skips the delivery.
   AND NOT {suppressed}{limits}
RETURNING sending_delivery.id, sending_delivery.run_id, sending_delivery.seq
"""
_SUPPRESSED = is_suppressed(uin="sending_delivery.uin", run="r.id")
_MARK = _MARK_ROWS.format(columns="", suppressed=_SUPPRESSED, limits="")
_PERSON = "sending_delivery.contact_id"
_COUNTED = messages_counted(
    contact=_PERSON,
    run="r.id",
    sent_after="a.sent_after",
    marked_after="a.marked_after",
    among=f"(r.cap_counts_all OR {is_of_cap_origin(run='r.id')})",
)
_MARK_LIMITED = _MARK_ROWS.format(
    columns=", value ->> 5 AS most, value ->> 6 AS sent_after, value ->> 7 AS marked_after",
    suppressed=_SUPPRESSED,
    limits=f" AND (a.most IS NULL OR {_COUNTED} < a.most)"
    f" AND NOT {got_one_across(contact=_PERSON, run='r.id')}",
)

_ATTEMPT = """
INSERT INTO sending_attempt (delivery_id, account_id, seq, marked_at, replays, res)
SELECT value ->> 0, value ->> 1, value ->> 2, %s, 0, '' FROM json_each(%s)
"""

# Marks whose commit succeeded although its answer was lost. A SEQ has one mark, so they are ours.
_MARKED_ALREADY = """
WITH asked AS (
    SELECT value ->> 0 AS delivery_id, value ->> 1 AS account_id, value ->> 2 AS token,
           value ->> 3 AS seq
      FROM json_each(%s)
)
SELECT a.delivery_id, a.seq
  FROM asked a CROSS JOIN accounts_lease l CROSS JOIN sending_attempt t
       CROSS JOIN sending_delivery d
 WHERE l.account_id = a.account_id AND l.token = a.token AND +l.worker_id = %s
   AND t.account_id = a.account_id AND t.seq = a.seq AND t.finished_at IS NULL
   AND d.id = t.delivery_id AND d.id = a.delivery_id AND +d.state = 'sending' AND d.seq = a.seq
"""

_HELD = f"""
WITH asked AS (
    SELECT value ->> 0 AS account_id, value ->> 1 AS token, value ->> 2 AS seq FROM json_each(%s)
)
SELECT t.id, t.account_id, t.seq, t.marked_at < %s,
       d.uin = 0 OR {is_suppressed(uin="d.uin", run="r.id")}, r.state = 'cancelled'
  FROM asked a CROSS JOIN accounts_lease l CROSS JOIN sending_attempt t
       CROSS JOIN sending_delivery d CROSS JOIN sending_run r
 WHERE t.account_id = a.account_id AND t.seq = a.seq AND t.finished_at IS NULL
   AND l.account_id = a.account_id AND l.token = a.token AND +l.worker_id = %s
   AND d.id = t.delivery_id AND r.id = +d.run_id
"""  # noqa: S608 -- it puts in names, no value

_COUNT_REPLAYS = """
UPDATE sending_attempt SET replays = replays + 1 WHERE id IN (SELECT value FROM json_each(%s))
"""

_RESULTS = """
WITH results AS (
    SELECT value ->> 0 AS delivery_id, value ->> 1 AS account_id, value ->> 2 AS seq,
           value ->> 3 AS state, value ->> 4 AS reason, value ->> 5 AS res,
           value ->> 6 AS answered_at, value ->> 7 AS not_before, value ->> 8 AS is_ended,
           value ->> 9 AS sent_at
      FROM json_each(%s)
)
"""

_SETTLE = (
    _RESULTS
    + f"""
UPDATE sending_delivery
   SET state = {settled_state(old="sending_delivery")},
       reason = {settled_reason(old="sending_delivery")},
       last_res = s.res, not_before = s.not_before,
       counted_from = CASE WHEN s.res IN {NEVER_LEFT}
                           THEN COALESCE(sending_delivery.counted_from, 0) + 1
                           ELSE sending_delivery.counted_from END,
       sent_at = CASE WHEN s.state = 'sent' THEN s.sent_at ELSE sending_delivery.sent_at END
  FROM results s CROSS JOIN sending_run r
 WHERE sending_delivery.id = s.delivery_id AND +sending_delivery.state = 'sending'
   AND sending_delivery.seq = s.seq AND r.id = +sending_delivery.run_id
RETURNING sending_delivery.id, sending_delivery.run_id, sending_delivery.state,
          sending_delivery.reason
"""  # noqa: S608 -- it puts in names, no value
)

_UPDATE_ATTEMPTS = (
    _RESULTS
    + """
UPDATE sending_attempt
   SET res = s.res, finished_at = CASE WHEN s.is_ended THEN s.answered_at END
  FROM results s
 WHERE sending_attempt.account_id = s.account_id AND sending_attempt.seq = s.seq
   AND sending_attempt.finished_at IS NULL
"""
)


class SqliteLedger:
    """See `sending.ledger.sql.LedgerSql`."""

    connection_options = ""

    def together(self) -> AbstractContextManager[None]:
        return nullcontext()

    def living(self, *, worker_id: int, at: datetime) -> Rows:
        oldest = at - timedelta(seconds=PROVED_SECONDS)
        with connection.cursor() as cursor:
            cursor.execute(_LIVING, [_stored(oldest), worker_id])
            return _read(cursor.fetchall())

    def prove(self, *, worker_id: int, at: datetime) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_PROVE, [_stored(at), worker_id])

    def mark(self, *, worker_id: int, rows: Sequence[Sequence[Any]], at: Any) -> Rows:
        return self._marked(_MARK, worker_id=worker_id, rows=rows, at=at)

    def mark_limited(self, *, worker_id: int, rows: Sequence[Sequence[Any]], at: datetime) -> Rows:
        return self._marked(_MARK_LIMITED, worker_id=worker_id, rows=rows, at=at)

    def lock_people(self, *, contact_ids: Sequence[int]) -> None:
        """Do nothing: there is one writer, and its transaction begins with the lock."""

    def _marked(
        self, statement: str, *, worker_id: int, rows: Sequence[Sequence[Any]], at: datetime
    ) -> Rows:
        with connection.cursor() as cursor:
            cursor.execute(statement, [_json(rows), worker_id, *SENDABLE])
            granted = list(cursor.fetchall())
            marked = {(delivery_id, seq) for delivery_id, _run, seq in granted}
            attempts = [(row[0], row[1], row[3]) for row in rows if (row[0], row[3]) in marked]
            cursor.execute(_ATTEMPT, [_stored(at), _json(attempts)])
        return _read(granted)

    def marked_already(self, *, worker_id: int, rows: Sequence[Sequence[Any]]) -> Rows:
        with connection.cursor() as cursor:
            cursor.execute(_MARKED_ALREADY, [_json(rows), worker_id])
            return _read(cursor.fetchall())

    def replay(self, *, worker_id: int, rows: Sequence[Sequence[Any]], oldest: datetime) -> Rows:
        with connection.cursor() as cursor:
            cursor.execute(_HELD, [_json(rows), _stored(oldest), worker_id])
            found = list(cursor.fetchall())
            counted = [pk for pk, _account, _seq, *objections in found if not any(objections)]
            cursor.execute(_COUNT_REPLAYS, [json.dumps(counted)])
        return _read([row[1:] for row in found])

    def settle(self, *, rows: Sequence[Sequence[Any]]) -> Rows:
        results = _json(rows)
        with connection.cursor() as cursor:
            cursor.execute(_SETTLE, [results])
            moved = list(cursor.fetchall())
            cursor.execute(_UPDATE_ATTEMPTS, [results])
        return _read(moved)


def _read(rows: Sequence[Any]) -> Rows:
    return lambda: list(rows)


def _json(rows: Sequence[Sequence[Any]]) -> str:
    return json.dumps(rows, default=_stored)


def _stored(value: datetime) -> str:
    """Return a time as Django stores it in SQLite."""
    return str(connection.ops.adapt_datetimefield_value(value))

"""The ledger's SQL for SQLite. Writers are serial there, so the fence is a plain read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from accounts.querysets.worker import PROVED_SECONDS
from campaigns.querysets.ledger import SENDABLE
from campaigns.querysets.suppressed import is_suppressed

_IS_LIVING = """
SELECT heartbeat_at < strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now', %s)
  FROM accounts_worker WHERE id = %s AND ended_at IS NULL
"""
_PROVE = """
UPDATE accounts_worker SET heartbeat_at = strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now') WHERE id = %s
"""

# The batch drives every statement below, a look-up by key for each of its rows, whatever ANALYZE
# has counted and when: CROSS JOIN keeps the order, and a column behind a `+` leads into no index.
_MARK = f"""
WITH asked AS (
    SELECT value ->> 0 AS delivery_id, value ->> 1 AS account_id, value ->> 2 AS token,
           value ->> 3 AS seq, value ->> 4 AS body
      FROM json_each(%s)
)
UPDATE campaigns_delivery
   SET state = 'sending', attempt_count = campaigns_delivery.attempt_count + 1, seq = a.seq,
       reason = '', not_before = NULL, text = COALESCE(a.body, campaigns_delivery.text)
  FROM asked a CROSS JOIN accounts_lease l CROSS JOIN accounts_account acc
       CROSS JOIN campaigns_run r
 WHERE campaigns_delivery.id = a.delivery_id
   AND +campaigns_delivery.account_id = a.account_id
   AND +campaigns_delivery.state = 'pending'
   AND l.account_id = a.account_id AND l.token = a.token AND +l.worker_id = %s
   AND acc.id = a.account_id AND +acc.state IN (%s, %s, %s)
   AND r.id = +campaigns_delivery.run_id AND r.state = 'running'
   -- Whoever opted out since the plan was made gets nothing: the lane finds out why and skips it.
   AND NOT {is_suppressed(uin="campaigns_delivery.uin", run="r.id")}
RETURNING campaigns_delivery.id, campaigns_delivery.run_id, campaigns_delivery.seq
"""  # noqa: S608 -- it puts in names, no value

_ATTEMPT = """
INSERT INTO campaigns_attempt (delivery_id, account_id, seq, marked_at, replays, res)
SELECT value ->> 0, value ->> 1, value ->> 2, %s, 0, '' FROM json_each(%s)
"""

_REPLAY = """
WITH asked AS (
    SELECT value ->> 0 AS account_id, value ->> 1 AS token, value ->> 2 AS seq FROM json_each(%s)
)
UPDATE campaigns_attempt SET replays = campaigns_attempt.replays + 1
  FROM asked a CROSS JOIN accounts_lease l
 WHERE campaigns_attempt.account_id = a.account_id AND campaigns_attempt.seq = a.seq
   AND campaigns_attempt.finished_at IS NULL
   AND l.account_id = a.account_id AND l.token = a.token AND +l.worker_id = %s
RETURNING campaigns_attempt.account_id, campaigns_attempt.seq
"""

_SAID = """
WITH said AS (
    SELECT value ->> 0 AS delivery_id, value ->> 1 AS account_id, value ->> 2 AS seq,
           value ->> 3 AS state, value ->> 4 AS reason, value ->> 5 AS res,
           value ->> 6 AS answered_at, value ->> 7 AS not_before, value ->> 8 AS is_ended
      FROM json_each(%s)
)
"""

# A delivery that would go back to pending in a run that was cancelled meanwhile is cancelled.
_SETTLE = (
    _SAID
    + """
UPDATE campaigns_delivery
   SET state = CASE WHEN s.state = 'pending' AND r.state = 'cancelled' THEN 'cancelled'
                    ELSE s.state END,
       reason = s.reason, last_res = s.res, not_before = s.not_before,
       sent_at = CASE WHEN s.state = 'sent' THEN s.answered_at ELSE campaigns_delivery.sent_at END
  FROM said s CROSS JOIN campaigns_run r
 WHERE campaigns_delivery.id = s.delivery_id AND +campaigns_delivery.state = 'sending'
   AND campaigns_delivery.seq = s.seq AND r.id = +campaigns_delivery.run_id
RETURNING campaigns_delivery.id, campaigns_delivery.run_id, campaigns_delivery.state,
          campaigns_delivery.reason
"""
)

_NOTE = (
    _SAID
    + """
UPDATE campaigns_attempt
   SET res = s.res, finished_at = CASE WHEN s.is_ended THEN s.answered_at END
  FROM said s
 WHERE campaigns_attempt.account_id = s.account_id AND campaigns_attempt.seq = s.seq
   AND campaigns_attempt.finished_at IS NULL
"""
)


class SqliteLedger:
    """See `campaigns.querysets.ledger.LedgerSql`."""

    connection_options = ""

    def is_living(self, *, worker_id: int) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(_IS_LIVING, [f"-{PROVED_SECONDS} seconds", worker_id])
            found = cursor.fetchone()
            if found is not None and found[0]:
                cursor.execute(_PROVE, [worker_id])
            return found is not None

    def mark(self, *, worker_id: int, rows: Sequence[Sequence[Any]], at: Any) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(_MARK, [_json(rows), worker_id, *SENDABLE])
            granted = list(cursor.fetchall())
            marked = {(delivery_id, seq) for delivery_id, _run, seq in granted}
            attempts = [(row[0], row[1], row[3]) for row in rows if (row[0], row[3]) in marked]
            cursor.execute(_ATTEMPT, [_stored(at), _json(attempts)])
        return granted

    def replay(self, *, worker_id: int, rows: Sequence[Sequence[Any]]) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(_REPLAY, [_json(rows), worker_id])
            return list(cursor.fetchall())

    def settle(self, *, rows: Sequence[Sequence[Any]]) -> list[Any]:
        said = _json(rows)
        with connection.cursor() as cursor:
            cursor.execute(_SETTLE, [said])
            moved = list(cursor.fetchall())
            cursor.execute(_NOTE, [said])
        return moved


def _json(rows: Sequence[Sequence[Any]]) -> str:
    return json.dumps(rows, default=_stored)


def _stored(value: datetime) -> str:
    """Return a time as Django stores it in SQLite."""
    return str(connection.ops.adapt_datetimefield_value(value))

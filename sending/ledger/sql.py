"""The ledger's SQL: marks, replays and settlements, one statement for a whole batch.

One row at a time these cost 390 µs per row on PostgreSQL and 230 µs on SQLite; in a batch of a
hundred they cost 27 and 50 µs per row. Django's `bulk_update` is slower than single rows, so this
is SQL. Both dialects do the same. They differ in how a batch gets into a statement (`unnest` of
arrays, `json_each` of one JSON text) and in what a CTE may do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol

from accounts.states import AccountState
from sending.states import Reason

#: The states in which an account may send. A resting account leaves that state before it sends.
SENDABLE = (AccountState.NEW.value, AccountState.ONLINE.value, AccountState.OFFLINE.value)

#: Results of requests that never left: these do not count as tries of the message.
NEVER_LEFT = ("unreachable", "withheld")


#: Reads the rows that a statement returned; called once.
Rows = Callable[[], list[Any]]


class LedgerSql(Protocol):
    """The statements of one kind of database. All run inside the ledger's transaction.

    Statements are carried out in their order. Inside `together` their rows come later, so each
    method returns what reads them. It is called after `together`.

    Attributes:
        connection_options: options of the ledger's own connection (libpq's `options`).
    """

    connection_options: str

    def together(self) -> AbstractContextManager[None]:
        """Send the statements inside in one round trip, if the database can."""

    def living(self, *, worker_id: int, at: datetime) -> Rows:
        """Lock the worker's row until the commit (PostgreSQL) and read it.

        Args:
            worker_id: the worker.
            at: the shared time when the transaction began.

        Returns:
            No row if the worker has ended; else (is_due,): whether its heartbeat is older than
            PROVED_SECONDS. Then it is renewed by `prove`. So the worker cannot be presumed dead
            before the requests marked now have left or their proofs are too old
            (`sending.lanes.permit`).
        """

    def prove(self, *, worker_id: int, at: datetime) -> None:
        """Write down that the worker lived at this time."""

    def mark(self, *, worker_id: int, rows: Sequence[Sequence[Any]], at: Any) -> Rows:
        """Move pending deliveries to sending and write their attempts.

        Args:
            worker_id: the worker.
            rows: (delivery, account, token, seq, text) of each mark.
            at: the time of the marks; shared time.

        Returns:
            (delivery, run, seq) of each granted mark. The others are refused: their deliveries were
            paused, cancelled, rerouted or suppressed, or their lane lost its lease.
        """

    def mark_limited(self, *, worker_id: int, rows: Sequence[Sequence[Any]], at: datetime) -> Rows:
        """Do what `mark` does, for runs with limits on messages to one person.

        A mark is refused too if the person is over a limit. The statement sees what was committed
        before `lock_people`, but not the other rows of the same batch, so each person occurs once.

        Args:
            worker_id, at: as for `mark`.
            rows: those of `mark`, each followed by (most, sent_after, marked_after); see
                `sending.ledger.entries.PersonLimit`.
        """

    def lock_people(self, *, contact_ids: Sequence[int]) -> None:
        """Lock these people until the commit, so that only this transaction checks their limits.

        Otherwise two processes could each count a person's messages before the other's mark was
        committed, and both would send.
        """

    def marked_already(self, *, worker_id: int, rows: Sequence[Sequence[Any]]) -> Rows:
        """Find (delivery, seq) of marks that an earlier try, whose answer was lost, committed.

        Args:
            worker_id, rows: as for `mark`.
        """

    def replay(self, *, worker_id: int, rows: Sequence[Sequence[Any]], oldest: datetime) -> Rows:
        """Count a repeat of each attempt that may be repeated.

        Args:
            worker_id: the worker.
            rows: (account, token, seq) of each attempt.
            oldest: attempts marked before this are too old to be repeated; shared time.

        Returns:
            (account, seq, is_too_old, has_opted_out, is_cancelled) of each attempt that is open
            and whose lease this worker holds. It is counted if all three are false.
        """

    def settle(self, *, rows: Sequence[Sequence[Any]]) -> Rows:
        """Record results.

        Args:
            rows: (delivery, account, seq, to, reason, res, at, not_before, is_ended, sent_at) of
                each; see `sending.ledger.entries.Settlement`.

        Returns:
            (delivery, run, state, reason) of each delivery that was in flight under that SEQ, as
            they are now.
        """


def settled_state(*, old: str) -> str:
    """Return the SQL of a delivery's state after a result (alias `s`) in its run (alias `r`).

    A delivery that would become pending again in a run that was cancelled meanwhile is cancelled;
    and what `sending.states.truthful` says holds here too.

    Args:
        old: the alias of the delivery's row before the result.
    """
    in_doubt = _is_in_doubt(old)
    return f"""CASE WHEN {_IS_CANCELLED}
                         THEN CASE WHEN {in_doubt} THEN 'unknown' ELSE 'cancelled' END
                    WHEN s.state = 'failed' AND {in_doubt} THEN 'unknown'
                    ELSE s.state END"""


def settled_reason(*, old: str) -> str:
    """Return the SQL of a delivery's reason after a result; see `settled_state`."""
    in_doubt = _is_in_doubt(old)
    return f"""CASE WHEN {_IS_CANCELLED}
                         THEN CASE WHEN {in_doubt} THEN '{Reason.RUN_CANCELLED.value}' ELSE '' END
                    WHEN s.state IN ('pending', 'sending') AND {in_doubt}
                         THEN '{Reason.MAY_HAVE_ARRIVED.value}'
                    ELSE s.reason END"""


_IS_CANCELLED = "s.state = 'pending' AND r.state = 'cancelled'"


def _is_in_doubt(old: str) -> str:
    return f"'{Reason.MAY_HAVE_ARRIVED.value}' IN ({old}.reason, s.reason)"

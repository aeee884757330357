"""The ledger's SQL: marks, replays, settlements and tallies, each a whole batch a statement.

A row at a time these cost 390 µs each on PostgreSQL and 230 µs on SQLite; a batch of a hundred
costs 27 and 50 µs a row. Django's `bulk_update` costs more than a row at a time, so this is SQL.
Both dialects do the same; they differ in how a batch of rows gets into a statement (`unnest` of
arrays, `json_each` of one JSON text) and in what a CTE may do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol

from accounts.states import AccountState

#: The states in which an account may send. A resting one is moved back before its next message.
SENDABLE = (AccountState.NEW.value, AccountState.ONLINE.value, AccountState.OFFLINE.value)

#: Results of requests that never left: they are no try of their message.
NEVER_LEFT = ("unreachable", "withheld")


class LedgerSql(Protocol):
    """What the ledger needs of a database. All of it runs inside the ledger's transaction.

    Attributes:
        connection_options: what its own connection is told at its start (libpq's `options`).
    """

    connection_options: str

    def is_living(self, *, worker_id: int, at: datetime) -> bool:
        """Return whether the worker may mark; on PostgreSQL hold its row until the commit.

        A heartbeat older than PROVED_SECONDS is renewed: then the leases cannot pass on before
        what is marked now has left, or has gone stale (`sending.lanes.permit`).

        Args:
            worker_id: who asks.
            at: the shared time when the transaction began.
        """

    def mark(self, *, worker_id: int, rows: Sequence[Sequence[Any]], at: Any) -> list[Any]:
        """Move pending deliveries to sending and write their attempts.

        Args:
            worker_id: who asks.
            rows: (delivery, account, token, seq, text) each.
            at: the time of the mark.

        Returns:
            (delivery, run, seq) of those granted; the others were paused, cancelled, rerouted, or
            their lane has lost its lease.
        """

    def marked_already(self, *, worker_id: int, rows: Sequence[Sequence[Any]]) -> list[Any]:
        """Return (delivery, seq) of the marks that stand: an earlier try's commit was cut off.

        Args:
            worker_id, rows: as for `mark`.
        """

    def replay(
        self, *, worker_id: int, rows: Sequence[Sequence[Any]], oldest: datetime
    ) -> list[Any]:
        """Count a repeat of open attempts where nothing speaks against it.

        Args:
            worker_id: who asks.
            rows: (account, token, seq) each.
            oldest: what was marked before this is too old to be repeated; shared time.

        Returns:
            (account, seq, is_too_old, has_opted_out, is_cancelled) of those that are open and whose
            lease is the asker's. Counted are those with none of the three.
        """

    def settle(self, *, rows: Sequence[Sequence[Any]]) -> list[Any]:
        """Record results, (delivery, account, seq, to, reason, res, at, not_before, is_ended,
        sent_at).

        Returns:
            (delivery, run, state, reason) of those that were still in flight under that SEQ.
        """


def columns(rows: Iterable[Sequence[Any]], count: int) -> list[list[Any]]:
    """Return rows turned into `count` columns."""
    turned = [list(column) for column in zip(*rows, strict=True)]
    return turned or [[] for _ in range(count)]

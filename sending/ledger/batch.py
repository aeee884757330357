"""What the ledger writes in one transaction: results, marks, repeats and figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from clocks import shared
from foundation.failpoints import failpoint
from sending.ledger.entries import REPLAY_MARGIN_SECONDS, Decision, Mark, Replay, Settlement
from sending.ledger.requested import Marks, Replays
from sending.ledger.sql import LedgerSql, Rows
from sending.ledger.sql_postgresql import PostgresqlLedger
from sending.ledger.sql_sqlite import SqliteLedger
from sending.models import TallyKind
from sending.querysets.run_minutes import MinuteKey, add_run_minutes
from sending.querysets.tally import TallyKey, add_tallies
from sending.states import DeliveryState
from sending.webhook_events import tell_ended


@dataclass(frozen=True, slots=True)
class Committed:
    """The outcome of a transaction.

    Attributes:
        decisions: the decision on each mark and replay by its position; refused if missing.
        is_living: whether the worker had not been ended when the transaction began.
        unknown: the deliveries that ended as unknown.
    """

    decisions: dict[int, Decision]
    is_living: bool
    unknown: int = 0


class _WorkerEndedError(Exception):
    """The worker had been ended before the batch: nothing of it may be committed as it is."""


class BatchWriter:
    """Writes batches for one worker.

    Args:
        worker_id: the worker's row: its fence and the shard of its tallies.
    """

    def __init__(self, *, worker_id: int) -> None:
        self._worker_id = worker_id
        self._sql: LedgerSql = (
            PostgresqlLedger() if connection.vendor == "postgresql" else SqliteLedger()
        )

    @property
    def connection_options(self) -> str:
        """The options its connection needs (libpq's `options`)."""
        return self._sql.connection_options

    def commit(
        self,
        settlements: Sequence[Settlement],
        requests: Sequence[Mark | Replay],
        *,
        is_again: bool,
    ) -> Committed:
        """Write one transaction.

        Args:
            settlements, requests: the batch.
            is_again: whether an earlier try of the same batch may have been committed.
        """
        # Not older than the proof, which the ledger dates before it has the batch begun.
        at = shared.now()
        try:
            with transaction.atomic():
                decisions, unknown = self._write(settlements, requests, at=at, is_again=is_again)
        except _WorkerEndedError:
            # Other workers hold the leases now and may be repeating these very requests, so the
            # results known here are out of date. But a message that was accepted stays so.
            accepted = [one for one in settlements if one.to == DeliveryState.SENT]
            with transaction.atomic():
                moved = self._settle(accepted)()
                _tell_ended(moved)
                changes, minutes = _counted(accepted, moved)
                self._add_figures(changes, minutes)
                failpoint("in_commit")
            return Committed({}, False)
        return Committed(decisions, True, unknown)

    def _write(
        self,
        settlements: Sequence[Settlement],
        requests: Sequence[Mark | Replay],
        *,
        at: datetime,
        is_again: bool,
    ) -> tuple[dict[int, Decision], int]:
        """Write a batch in the open transaction. PostgreSQL is asked in two round trips.

        Returns:
            The decisions by position, and the number of deliveries that became unknown.

        Raises:
            _WorkerEndedError: see there.
        """
        marks, replays = Marks(requests), Replays(requests)
        with self._sql.together():
            living = self._sql.living(worker_id=self._worker_id, at=at)
            if marks.people:
                # This comes first: while it waits for another ledger, it then holds no row that
                # the other ledger could wait for.
                self._sql.lock_people(contact_ids=marks.people)
            settled = self._settle(settlements)
            marked = self._mark(marks, at=at)
            # After the marks, which wait for the commit of an earlier try if it is still under way.
            marked_before = self._marked_before(marks) if is_again else _no_rows
            replayed = self._replay(replays, at=at)
        living_rows = living()
        if not living_rows:
            raise _WorkerEndedError
        moved, granted = settled(), [row for rows in marked for row in rows()]
        _tell_ended(moved)
        changes, minutes = _counted(settlements, moved)
        for _delivery_id, run_id, _seq in granted:
            changes[run_id, TallyKind.STATE, DeliveryState.PENDING] -= 1
            changes[run_id, TallyKind.STATE, DeliveryState.SENDING] += 1
        with self._sql.together():
            if living_rows[0][0]:
                self._sql.prove(worker_id=self._worker_id, at=at)
            self._add_figures(changes, minutes)
        failpoint("in_commit")
        decisions = marks.granted([*marked_before(), *((row[0], row[2]) for row in granted)])
        return decisions | replays.decisions(replayed()), _unknown(changes)

    # --- the statements: what each returns is read later ---------------------------------------

    def _settle(self, settlements: Sequence[Settlement]) -> Rows:
        if not settlements:
            return _no_rows
        rows = [
            (s.delivery_id, s.account_id, s.seq, s.to, s.reason, s.res, s.at, s.not_before,
             s.is_ended, s.sent_at)
            for s in settlements
        ]  # fmt: skip
        return self._sql.settle(rows=rows)

    def _marked_before(self, marks: Marks) -> Rows:
        if not marks.rows:
            return _no_rows
        return self._sql.marked_already(worker_id=self._worker_id, rows=marks.rows)

    def _mark(self, marks: Marks, *, at: datetime) -> list[Rows]:
        marked = [
            self._sql.mark_limited(worker_id=self._worker_id, rows=rows, at=at)
            for rows in marks.rounds
        ]
        if marks.without_limits:
            rows = marks.without_limits
            marked.append(self._sql.mark(worker_id=self._worker_id, rows=rows, at=at))
        return marked

    def _replay(self, replays: Replays, *, at: datetime) -> Rows:
        if not replays.rows:
            return _no_rows
        return self._sql.replay(
            worker_id=self._worker_id,
            rows=replays.rows,
            oldest=at - timedelta(seconds=_askable_seconds()),
        )

    def _add_figures(self, changes: Counter[TallyKey], minutes: Counter[MinuteKey]) -> None:
        add_run_minutes(shard=self._worker_id, changes=minutes)
        add_tallies(shard=self._worker_id, changes=changes)


def _no_rows() -> list[Any]:
    return []


def _tell_ended(moved: Sequence[Sequence[Any]]) -> None:
    tell_ended(row[0] for row in moved if row[2] != DeliveryState.SENDING)


def _counted(
    settlements: Sequence[Settlement], moved: Sequence[Sequence[Any]]
) -> tuple[Counter[TallyKey], Counter[MinuteKey]]:
    """Return what results change in the figures, and in those by minute.

    Args:
        settlements: the results.
        moved: (delivery, run, state, reason) of each delivery that one was for, as it is now.
    """
    changes: Counter[TallyKey] = Counter()
    minutes: Counter[MinuteKey] = Counter()
    by_delivery = {s.delivery_id: s for s in settlements}
    for delivery_id, run_id, state, reason in moved:
        settled = by_delivery[delivery_id]
        changes[run_id, TallyKind.RES, settled.res] += 1
        minutes[run_id, int(settled.sent_at.timestamp()) // 60, settled.res] += 1
        if state != DeliveryState.SENDING:
            changes[run_id, TallyKind.STATE, DeliveryState.SENDING] -= 1
            changes[run_id, TallyKind.STATE, state] += 1
            if state in (DeliveryState.FAILED, DeliveryState.UNKNOWN):
                changes[run_id, TallyKind.REASON, f"{state}:{reason}"] += 1
    return changes, minutes


def _unknown(changes: Counter[TallyKey]) -> int:
    return sum(
        n
        for (_run, kind, key), n in changes.items()
        if kind == TallyKind.STATE and key == DeliveryState.UNKNOWN
    )


def _askable_seconds() -> float:
    """Return how long after its mark a request may be repeated, seconds."""
    window: float = settings.QQ_GATEWAY_REPLAY_WINDOW
    return window - REPLAY_MARGIN_SECONDS

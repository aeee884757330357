"""What the ledger writes in one transaction: results, marks, repeats and figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from clocks import local, shared
from foundation.failpoints import failpoint
from sending.ledger.entries import REPLAY_MARGIN_SECONDS, Decision, Mark, Replay, Settlement
from sending.ledger.sql import LedgerSql
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
        proved_at: the time for which that holds, on `clocks.local.elapsed`.
        unknown: the deliveries that ended as unknown.
    """

    decisions: dict[int, Decision]
    is_living: bool
    proved_at: float
    unknown: int = 0


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
        # `proved_at` is taken before anything that may wait, the start of the transaction included.
        # So a proof that took long is old, and is asked for again. `at` must not be the older one.
        proved_at = local.elapsed()
        at = shared.now()
        with transaction.atomic():
            changes: Counter[TallyKey] = Counter()
            is_living = self._sql.is_living(worker_id=self._worker_id, at=at)
            if not is_living:
                # Other workers hold the leases now and may be repeating these very requests, so the
                # results known here are out of date. But a message that was accepted stays so.
                settlements = [one for one in settlements if one.to == DeliveryState.SENT]
            people = _limited_people(requests) if is_living else []
            if people:
                # This comes first: while it waits for another ledger, it then holds no row that
                # the other ledger could wait for.
                self._sql.lock_people(contact_ids=people)
            if settlements:
                self._settle(settlements, changes)
            decisions: dict[int, Decision] = {}
            if is_living:
                decisions |= self._mark(requests, changes, at=at, is_again=is_again)
                decisions |= self._replay(requests, at=at)
            add_tallies(shard=self._worker_id, changes=changes)
            failpoint("in_commit")
        unknown = sum(
            n
            for (_run, kind, key), n in changes.items()
            if kind == TallyKind.STATE and key == DeliveryState.UNKNOWN
        )
        return Committed(decisions, is_living, proved_at, unknown)

    def _settle(self, settlements: Sequence[Settlement], changes: Counter[TallyKey]) -> None:
        rows = [
            (s.delivery_id, s.account_id, s.seq, s.to, s.reason, s.res, s.at, s.not_before,
             s.is_ended, s.sent_at)
            for s in settlements
        ]  # fmt: skip
        by_delivery = {s.delivery_id: s for s in settlements}
        moved = self._sql.settle(rows=rows)
        tell_ended(row[0] for row in moved if row[2] != DeliveryState.SENDING)
        minutes: Counter[MinuteKey] = Counter()
        for delivery_id, run_id, state, reason in moved:
            settled = by_delivery[delivery_id]
            changes[run_id, TallyKind.RES, settled.res] += 1
            minutes[run_id, int(settled.sent_at.timestamp()) // 60, settled.res] += 1
            if state != DeliveryState.SENDING:
                changes[run_id, TallyKind.STATE, DeliveryState.SENDING] -= 1
                changes[run_id, TallyKind.STATE, state] += 1
                if state in (DeliveryState.FAILED, DeliveryState.UNKNOWN):
                    changes[run_id, TallyKind.REASON, f"{state}:{reason}"] += 1
        add_run_minutes(shard=self._worker_id, changes=minutes)

    def _mark(
        self,
        requests: Sequence[Mark | Replay],
        changes: Counter[TallyKey],
        *,
        at: datetime,
        is_again: bool,
    ) -> dict[int, Decision]:
        # By SEQ as well: a lane and its predecessor may ask for the same delivery in one batch.
        marks = {
            (one.delivery_id, one.seq): position
            for position, one in enumerate(requests)
            if isinstance(one, Mark)
        }
        if not marks:
            return {}
        rows = [_mark_row(one) for one in requests if isinstance(one, Mark)]
        decisions: dict[int, Decision] = {}
        if is_again:
            for delivery_id, seq in self._sql.marked_already(worker_id=self._worker_id, rows=rows):
                decisions[marks[delivery_id, seq]] = Decision.GRANTED
        for delivery_id, run_id, seq in self._granted(requests, at=at):
            decisions[marks[delivery_id, seq]] = Decision.GRANTED
            changes[run_id, TallyKind.STATE, DeliveryState.PENDING] -= 1
            changes[run_id, TallyKind.STATE, DeliveryState.SENDING] += 1
        return decisions

    def _granted(self, requests: Sequence[Mark | Replay], *, at: datetime) -> list[Any]:
        """Mark; return (delivery, run, seq) of each granted mark.

        Marks of runs with limits come first, in rounds with one mark a person: a statement does not
        see its own rows. Marks without limits count as later ones.
        """
        limited = [one for one in requests if isinstance(one, Mark) and one.limit is not None]
        others = [one for one in requests if isinstance(one, Mark) and one.limit is None]
        granted: list[Any] = []
        for marks in _rounds(limited):
            rows = [(*_mark_row(one), *_limit_row(one)) for one in marks]
            granted += self._sql.mark_limited(worker_id=self._worker_id, rows=rows, at=at)
        if others:
            rows = [_mark_row(one) for one in others]
            granted += self._sql.mark(worker_id=self._worker_id, rows=rows, at=at)
        return granted

    def _replay(self, requests: Sequence[Mark | Replay], *, at: datetime) -> dict[int, Decision]:
        # If several lanes ask for the same attempt, only the newest token can hold the lease.
        by_token = sorted(
            (one.token, position, one)
            for position, one in enumerate(requests)
            if isinstance(one, Replay)
        )
        replays = {(one.account_id, one.seq): position for _token, position, one in by_token}
        if not replays:
            return {}
        rows = [(one.account_id, one.token, one.seq) for one in requests if isinstance(one, Replay)]
        found = self._sql.replay(
            worker_id=self._worker_id,
            rows=rows,
            oldest=at - timedelta(seconds=_askable_seconds()),
        )
        return {
            replays[account_id, seq]: _decision(is_too_old, has_opted_out, is_cancelled)
            for account_id, seq, is_too_old, has_opted_out, is_cancelled in found
        }


def _mark_row(mark: Mark) -> tuple[Any, ...]:
    return mark.delivery_id, mark.account_id, mark.token, mark.seq, mark.text


def _limit_row(mark: Mark) -> tuple[Any, ...]:
    assert mark.limit is not None
    return mark.limit.most, mark.limit.sent_after, mark.limit.marked_after


def _limited_people(requests: Sequence[Mark | Replay]) -> list[int]:
    """Return the people whose limits the marks must keep."""
    return [one.limit.contact_id for one in requests if isinstance(one, Mark) and one.limit]


def _rounds(marks: Sequence[Mark]) -> list[list[Mark]]:
    """Return the marks in groups; in a group, no person occurs twice."""
    rounds: list[list[Mark]] = []
    seen: Counter[int] = Counter()
    for mark in marks:
        assert mark.limit is not None
        place = seen[mark.limit.contact_id]
        seen[mark.limit.contact_id] += 1
        if place == len(rounds):
            rounds.append([])
        rounds[place].append(mark)
    return rounds


def _askable_seconds() -> float:
    """Return how long after its mark a request may be repeated, seconds."""
    window: float = settings.QQ_GATEWAY_REPLAY_WINDOW
    return window - REPLAY_MARGIN_SECONDS


def _decision(is_too_old: bool, has_opted_out: bool, is_cancelled: bool) -> Decision:
    if has_opted_out:
        return Decision.OPTED_OUT
    if is_cancelled:
        return Decision.CANCELLED
    return Decision.TOO_OLD if is_too_old else Decision.GRANTED

"""The ledger: the group-committing writer of attempts and results (rule 3).

Marks and results of all lanes of a process commit together, every few tens of milliseconds. A lane
waits for its own mark, never for its result: the result rides in the commit of the next mark.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import Counter, deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, transaction

from clocks import local, shared
from foundation.failpoints import failpoint
from foundation.failures import is_shared_failure
from sending.ledger.database_thread import DatabaseThread
from sending.ledger.entries import REPLAY_MARGIN_SECONDS, Decision, Mark, Replay, Settlement
from sending.ledger.sql import LedgerSql
from sending.ledger.sql_postgresql import PostgresqlLedger
from sending.ledger.sql_sqlite import SqliteLedger
from sending.models import TallyKind
from sending.querysets.tally import TallyKey, add_tallies
from sending.states import DeliveryState

log = logging.getLogger(__name__)

#: How long a mark whose slot is still to come waits for company, seconds: the longer, the fewer
#: transactions. One whose slot has come waits only where many are: a moment, for those of its wave.
LINGER_SECONDS = 0.03
LARGE_BATCH, LARGE_BATCH_LINGER_SECONDS = 20, 0.003
#: How long a result waits for a mark to ride with, seconds. Where lanes are paced, each message had
#: two transactions almost to itself; so it has one. Longer would leave more to repeat after a kill.
RESULT_WAIT_SECONDS = 0.05
#: Entries in one transaction at most.
LARGEST_BATCH = 2000
#: Pauses between tries while the database does not answer, seconds.
FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS = 0.1, 2.0
#: What a write may raise: the database's errors, and the driver's about a value.
_WRITE_ERRORS = (DatabaseError, InterfaceError, ValueError, OverflowError, TypeError)


class Ticket:
    """A lane's place in the queue: it waits here until its mark is durable, or refused."""

    __slots__ = ("_done", "decision", "problem", "proved_at")

    def __init__(self) -> None:
        self._done = local.new_event()
        self.decision = Decision.REFUSED
        #: When the worker was last known to live, on `clocks.local.elapsed`: before the database
        #: was asked. Not when the lane heard of it: the process may have stood still in between.
        self.proved_at = 0.0
        #: What the database said against this very entry, if it did.
        self.problem: str | None = None

    def release(self) -> None:
        """Let the lane go on, with what was decided."""
        self._done.set()

    def wait(self) -> Decision:
        """Wait, as long as the database takes, and return what was decided."""
        self._done.wait()
        return self.decision


Asked = tuple[Mark | Replay, Ticket]
Entry = TypeVar("Entry")


def _drain(queue: deque[Entry]) -> list[Entry]:
    """Take what is queued now, one by one: others may be queueing at this moment."""
    return [queue.popleft() for _ in range(len(queue))]


class Ledger:
    """One a worker process.

    Args:
        worker_id: the worker's row: its fence and the shard of its tallies.
        linger: seconds the first entry of a batch waits for others, if none of them is urgent.
    """

    def __init__(self, *, worker_id: int, linger: float = LINGER_SECONDS) -> None:
        self.worker_id = worker_id
        self._linger = linger
        self._sql: LedgerSql = (
            PostgresqlLedger() if connection.vendor == "postgresql" else SqliteLedger()
        )
        self._asked: deque[Asked] = deque()
        self._said: deque[Settlement] = deque()
        self._waiting_for_all: deque[Ticket] = deque()
        self._work, self._is_urgent = local.new_event(), local.new_event()
        self._is_closing = self._is_closed = False
        self._proved_at = 0.0
        self._thread: threading.Thread | None = None
        self._database = DatabaseThread(connection_options=self._sql.connection_options)
        #: Set once the fence is gone: the worker was presumed dead, its leases have passed on.
        self.is_fenced_off = False
        self.commits = 0

    def start(self) -> None:
        """Start writing."""
        self._thread = local.start_thread(self._write, name="ledger")

    def close(self) -> None:
        """Write what is queued, then stop."""
        self._is_closing = True
        self._work.set()
        if self._thread is not None:
            self._thread.join()
        self._is_closed = True
        self._refuse_after_close()

    # --- what lanes call ----------------------------------------------------------------------

    def submit(self, entry: Mark | Replay, *, is_urgent: bool = True) -> Ticket:
        """Queue a mark or a replay; the ticket says when it is durable. Send only if granted.

        A closed ledger grants nothing: a lane that was away until its worker had ended.

        Args:
            entry: what to make durable.
            is_urgent: whether the request could leave now; else it waits a little for company.
        """
        ticket = Ticket()
        self._asked.append((entry, ticket))
        if is_urgent:
            self._is_urgent.set()
        self._work.set()
        if self._is_closed:
            self._refuse_after_close()
        return ticket

    def settle(self, settlement: Settlement) -> None:
        """Queue a result. It is durable before the lane's next mark is, and soon in any case."""
        self._said.append(settlement)
        if not self._linger:
            self._work.set()

    def wait_for_all(self) -> None:
        """Wait until everything queued so far is durable: before a lease is handed back."""
        ticket = Ticket()
        self._waiting_for_all.append(ticket)
        self._is_urgent.set()
        self._work.set()
        if self._is_closed:
            self._refuse_after_close()
        ticket.wait()

    def _refuse_after_close(self) -> None:
        while self._asked:
            self._asked.pop()[1].release()
        while self._waiting_for_all:
            self._waiting_for_all.pop().release()

    # --- the writer ---------------------------------------------------------------------------

    def _write(self) -> None:
        try:
            self._write_until_closed()
        except BaseException:
            # Without its ledger a worker can do nothing right, and its lanes would wait for ever.
            log.critical("The ledger broke down; this worker ends.", exc_info=True)
            os._exit(os.EX_SOFTWARE)
        finally:
            self._database.close()

    def _wait_for_more(self, last_batch: int) -> None:
        """Wait for others to share the transaction with, as long as nobody is held up by it."""
        if self._is_urgent.wait(self._linger) and last_batch >= LARGE_BATCH:
            local.sleep(LARGE_BATCH_LINGER_SECONDS)

    def _write_until_closed(self) -> None:
        last_batch = 0
        while True:
            is_awaited = self._work.wait(RESULT_WAIT_SECONDS)
            if not is_awaited and not self._said:
                continue
            if is_awaited and self._linger and not self._is_closing:
                self._wait_for_more(last_batch)
            self._work.clear()
            self._is_urgent.clear()
            # These first: whoever waits for all is behind everything queued before.
            waiting = _drain(self._waiting_for_all)
            said, asked = _drain(self._said), _drain(self._asked)
            last_batch = len(asked)
            while said or asked:
                some_said, some_asked = said[:LARGEST_BATCH], asked[:LARGEST_BATCH]
                self._database.call(partial(self._commit_until_done, some_said, some_asked))
                for _entry, ticket in some_asked:
                    ticket.release()
                del said[:LARGEST_BATCH], asked[:LARGEST_BATCH]
            for ticket in waiting:
                ticket.release()
            if self._is_closing and not (self._said or self._asked or self._waiting_for_all):
                return

    def _commit_until_done(self, said: Sequence[Settlement], asked: Sequence[Asked]) -> None:
        """Commit a batch, as often as it takes: the database may be away for a while.

        A try whose commit was cut off may have been carried out. The next try finds its own work:
        settlements move nothing twice, and a mark that stands already is granted (a SEQ belongs to
        one mark alone, so nobody else can have made it).
        """
        pause, is_again = FIRST_RETRY_SECONDS, False
        while True:
            try:
                decided = self._commit(said, asked, is_again=is_again)
            except _WRITE_ERRORS as problem:
                if not is_shared_failure(problem):
                    self._commit_one_by_one(said, asked, problem)
                    return
                log.warning(
                    "The ledger cannot write, trying again: %s", str(problem).split("\n")[0]
                )
                connection.close()
                is_again = True
                local.sleep(pause)
                pause = min(pause * 2, LONGEST_RETRY_SECONDS)
            else:
                for number, (_entry, ticket) in enumerate(asked):
                    ticket.decision = decided.get(number, Decision.REFUSED)
                    ticket.proved_at = self._proved_at
                return

    def _commit_one_by_one(
        self, said: Sequence[Settlement], asked: Sequence[Asked], problem: Exception
    ) -> None:
        """One entry the database will not take must not hold up the rest."""
        if len(said) + len(asked) == 1:
            # No values: a database error quotes them, and a text is nobody's business.
            log.error("The ledger had an entry refused: %s", type(problem).__name__)
            for _entry, ticket in asked:
                ticket.problem = type(problem).__name__
            return
        for settlement in said:
            self._commit_until_done([settlement], [])
        for one in asked:
            self._commit_until_done([], [one])

    def _commit(
        self, said: Sequence[Settlement], asked: Sequence[Asked], *, is_again: bool
    ) -> dict[int, Decision]:
        """Write one transaction; return what was decided, by position in `asked`.

        Args:
            said, asked: the batch.
            is_again: whether an earlier try of the same batch may have been carried out.
        """
        # The proof is dated first. Whatever comes after it, a wait for the transaction to begin
        # included, makes it old, so it is asked for again. `at` must never be the older of the two.
        self._proved_at = local.elapsed()
        at = shared.now()
        with transaction.atomic():
            changes: Counter[TallyKey] = Counter()
            is_living = self._sql.is_living(worker_id=self.worker_id, at=at)
            if not is_living:
                # Others hold the leases now, and may be repeating these very requests: what we
                # heard is overtaken. But that a message was taken is true for ever.
                said = [settlement for settlement in said if settlement.to == DeliveryState.SENT]
            if said:
                self._settle(said, changes)
            decided: dict[int, Decision] = {}
            if is_living:
                decided |= self._mark(asked, changes, at=at, is_again=is_again)
                decided |= self._replay(asked, at=at)
            add_tallies(shard=self.worker_id, changes=changes)
            failpoint("in_commit")
        self.is_fenced_off = not is_living
        self.commits += 1
        return decided

    def _settle(self, said: Sequence[Settlement], changes: Counter[TallyKey]) -> None:
        rows = [
            (s.delivery_id, s.account_id, s.seq, s.to, s.reason, s.res, s.at, s.not_before,
             s.is_ended, s.sent_at)
            for s in said
        ]  # fmt: skip
        codes = {s.delivery_id: s.res for s in said}
        for delivery_id, run_id, state, reason in self._sql.settle(rows=rows):
            changes[run_id, TallyKind.RES, codes[delivery_id]] += 1
            if state != DeliveryState.SENDING:
                changes[run_id, TallyKind.STATE, DeliveryState.SENDING] -= 1
                changes[run_id, TallyKind.STATE, state] += 1
                if state in (DeliveryState.FAILED, DeliveryState.UNKNOWN):
                    changes[run_id, TallyKind.REASON, f"{state}:{reason}"] += 1

    def _mark(
        self, asked: Sequence[Asked], changes: Counter[TallyKey], *, at: datetime, is_again: bool
    ) -> dict[int, Decision]:
        # By SEQ as well: two lanes, one of them of the past, may ask for the same delivery.
        marks = {
            (e.delivery_id, e.seq): n for n, (e, _t) in enumerate(asked) if isinstance(e, Mark)
        }
        if not marks:
            return {}
        rows = [
            (e.delivery_id, e.account_id, e.token, e.seq, e.text)
            for e, _t in asked
            if isinstance(e, Mark)
        ]
        decided: dict[int, Decision] = {}
        if is_again:
            for delivery_id, seq in self._sql.marked_already(worker_id=self.worker_id, rows=rows):
                decided[marks[delivery_id, seq]] = Decision.GRANTED
        for delivery_id, run_id, seq in self._sql.mark(worker_id=self.worker_id, rows=rows, at=at):
            decided[marks[delivery_id, seq]] = Decision.GRANTED
            changes[run_id, TallyKind.STATE, DeliveryState.PENDING] -= 1
            changes[run_id, TallyKind.STATE, DeliveryState.SENDING] += 1
        return decided

    def _replay(self, asked: Sequence[Asked], *, at: datetime) -> dict[int, Decision]:
        # Of several lanes that ask for the same, only the newest can hold the lease.
        by_token = sorted(
            (e.token, n, e) for n, (e, _t) in enumerate(asked) if isinstance(e, Replay)
        )
        replays = {(e.account_id, e.seq): n for _token, n, e in by_token}
        if not replays:
            return {}
        rows = [(e.account_id, e.token, e.seq) for e, _t in asked if isinstance(e, Replay)]
        found = self._sql.replay(
            worker_id=self.worker_id, rows=rows, oldest=at - timedelta(seconds=_askable_seconds())
        )
        return {
            replays[account_id, seq]: _decision(is_too_old, has_opted_out, is_cancelled)
            for account_id, seq, is_too_old, has_opted_out, is_cancelled in found
        }


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

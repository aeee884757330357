"""The ledger: the group-committing writer of attempts and results (rule 3).

Marks and results of all lanes of a process commit together, every few tens of milliseconds. A lane
waits for its own mark but not for its result: the result is committed with the next mark. See
docs/decisions/0003-one-ledger-per-process.md.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from gevent import monkey

from clocks import local
from foundation.tracing import span
from metrics.catalogue import LEDGER_ENTRIES, LEDGER_SECONDS, UNKNOWN
from sending.ledger.entries import Batch, Decision, Mark, Replay, Settlement
from sending.ledger.writer import NotWrittenError, Writer, WriterInPlace
from sending.ledger.writer_process import WriterProcess

log = logging.getLogger(__name__)

#: How long a mark whose slot has not come yet waits for other entries, seconds. Longer means fewer
#: transactions.
LINGER_SECONDS = 0.03
#: How long an urgent mark waits for others that become due at the same time, seconds. It waits
#: only if the last batch had at least LARGE_BATCH entries.
LARGE_BATCH, LARGE_BATCH_LINGER_SECONDS = 20, 0.003
#: How long a result waits for a mark, seconds, so that both share a transaction. Without this wait
#: a message of a paced lane took almost two transactions. A longer wait means that more requests
#: are repeated after the process was killed.
RESULT_WAIT_SECONDS = 0.05
#: The largest number of entries of a kind in one transaction.
LARGEST_BATCH = 2000
#: So many requests are written at once, by the lane that brings the last of them. The event loop
#: lets all lanes run whose replies came before it comes to the ledger, so their next marks would
#: all share a transaction, and the lanes and the database would wait for each other in turns.
ENOUGH = 50
#: How long an abandoned batch may take to end, seconds: a pause between two tries.
ABANDONED_SECONDS = 3.0
#: Pauses between tries while the database does not answer, seconds.
FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS = 0.1, 2.0


class Ticket:
    """The receipt for a queued entry: a lane waits here until its mark is durable or refused.

    Attributes:
        decision: whether the request may leave.
        proved_at: when the worker was last known to be alive, on `clocks.local.elapsed`: the moment
            before the database was asked. The lane may continue much later, if the process was
            suspended in between.
        problem: the database's error about this entry, or None.
    """

    __slots__ = ("_done", "decision", "problem", "proved_at")

    def __init__(self) -> None:
        self._done = local.new_event()
        self.decision = Decision.REFUSED
        self.proved_at = 0.0
        self.problem: str | None = None

    def release(self) -> None:
        """Let the lane continue with the decision."""
        self._done.set()

    def wait(self) -> Decision:
        """Wait as long as the database takes, and return the decision."""
        self._done.wait()
        return self.decision


Requested = tuple[Mark | Replay, Ticket]


class _Taken(NamedTuple):
    """What was taken from the queues, to be written together.

    Attributes:
        settlements, requests: the entries.
        waiting: the tickets that wait for all entries queued before them.
    """

    settlements: list[Settlement]
    requests: list[Requested]
    waiting: list[Ticket]


Entry = TypeVar("Entry")


def _writer_for(worker_id: int) -> Writer:
    """Return what writes; without gevent (tests run lanes on threads) it is this thread."""
    if monkey.is_module_patched("threading"):
        return WriterProcess(worker_id=worker_id)
    return WriterInPlace(worker_id=worker_id)


def _batch_of(
    settlements: Sequence[Settlement], requests: Sequence[Requested], *, is_again: bool = False
) -> Batch:
    return Batch(settlements, [entry for entry, _ticket in requests], is_again)


def _drain(queue: deque[Entry], most: int) -> list[Entry]:
    """Remove and return what is queued now, one by one: other threads may append meanwhile."""
    return [queue.popleft() for _ in range(min(most, len(queue)))]


class Ledger:
    """The ledger of one worker process.

    Args:
        worker_id: the worker's row: its fence and the shard of its tallies.
        linger: how long the first entry of a batch waits for others if none is urgent, seconds.

    Attributes:
        is_fenced_off: whether the worker was presumed dead and ended: its leases are gone.
        commits: the number of transactions.
    """

    def __init__(self, *, worker_id: int, linger: float = LINGER_SECONDS) -> None:
        self.worker_id = worker_id
        self._linger = linger
        self._writer = _writer_for(worker_id)
        self._requests: deque[Requested] = deque()
        self._settlements: deque[Settlement] = deque()
        self._waiting_for_all: deque[Ticket] = deque()
        self._work, self._is_urgent = local.new_event(), local.new_event()
        self._is_closing = self._is_closed = self._is_abandoned = False
        self._last_size = 0
        #: The batch that is being written.
        self._batch: _Taken | None = None
        #: Whether lanes may begin a batch: only if it is written while they go on.
        self._lanes_may_begin = self._writer.is_beside
        #: The moment before the latest transaction was begun, on `clocks.local.elapsed`: before
        #: anything that may wait. A proof that took long is old, and is asked for again. It is
        #: taken here, because another process may have another clock.
        self._begun_at = 0.0
        self._thread: threading.Thread | None = None
        self.is_fenced_off = False
        self.commits = 0

    def start(self) -> None:
        """Start writing."""
        self._thread = local.start_thread(self._write, name="ledger")

    def close(self, *, patience: float | None = None) -> None:
        """Write what is queued, then stop.

        Args:
            patience: how long that may take, seconds; None: as long as the database takes. What
                is not written by then is lost with this process: attempts stay open, and the next
                lanes repeat their requests under the same SEQs.
        """
        self._is_closing = True
        self._work.set()
        if self._thread is not None:
            self._thread.join(patience)
            if self._thread.is_alive():
                log.warning("The ledger cannot write in time: results are left to the next lanes.")
                self._is_abandoned = True
                self._writer.abandon()
                self._thread.join(ABANDONED_SECONDS)
        self._is_closed = True
        self._refuse_after_close()

    # --- what lanes call ----------------------------------------------------------------------

    def submit(self, entry: Mark | Replay, *, is_urgent: bool = True) -> Ticket:
        """Queue a mark or a replay and return its ticket. Send only if the ticket is granted.

        A closed ledger grants nothing. A lane may still submit after its worker has ended.

        Args:
            entry: the entry to make durable.
            is_urgent: whether the request could leave now; if not, it waits a little for others.
        """
        ticket = Ticket()
        self._requests.append((entry, ticket))
        if self._lanes_may_begin and self._batch is None and len(self._requests) >= ENOUGH:
            self._begin()
        if is_urgent:
            self._is_urgent.set()
        self._work.set()
        if self._is_closed:
            self._refuse_after_close()
        return ticket

    def settle(self, settlement: Settlement) -> None:
        """Queue a result. It is durable before the lane's next mark, and soon in any case."""
        self._settlements.append(settlement)
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
        while self._requests:
            self._requests.pop()[1].release()
        while self._waiting_for_all:
            self._waiting_for_all.pop().release()

    # --- the writing greenlet -----------------------------------------------------------------

    def _write(self) -> None:
        try:
            self._write_until_closed()
        except BaseException:
            # Without its ledger a worker cannot send, and its lanes would wait for ever.
            log.critical("The ledger broke down; this worker ends.", exc_info=True)
            os._exit(os.EX_SOFTWARE)
        finally:
            self._lanes_may_begin = False
            self._writer.close()

    def _write_until_closed(self) -> None:
        while True:
            is_awaited = self._work.wait(RESULT_WAIT_SECONDS)
            if not is_awaited and not self._is_wanted and self._batch is None:
                continue  # not cleared: it may be set by now
            self._work.clear()
            if is_awaited and self._linger and not self._is_closing and self._batch is None:
                self._wait_for_more()
            if self._batch is None:
                self._begin()
            self._finish()
            if self._is_abandoned:
                return
            if self._requests or self._waiting_for_all:
                # They came while a batch that a lane began was under way, and what they set was
                # cleared with it.
                self._work.set()
            elif self._is_closing and not self._settlements:
                return

    @property
    def _is_wanted(self) -> bool:
        """Whether something is queued."""
        return bool(self._settlements or self._requests or self._waiting_for_all)

    def _begin(self) -> None:
        """Begin to write what is queued; called by the ledger or, between its steps, by a lane."""
        self._is_urgent.clear()
        # Taken before the entries: such a ticket waits for all entries queued before it.
        waiting = _drain(self._waiting_for_all, len(self._waiting_for_all))
        settlements = _drain(self._settlements, LARGEST_BATCH)
        requests = _drain(self._requests, LARGEST_BATCH)
        if len(settlements) == LARGEST_BATCH or len(requests) == LARGEST_BATCH:
            # Some may be left: they come at once, and the tickets with them.
            self._waiting_for_all.extendleft(reversed(waiting))
            waiting = []
            self._is_urgent.set()
            self._work.set()
        self._batch = _Taken(settlements, requests, waiting)
        self._last_size = len(requests)
        if settlements or requests:
            self._begin_writing(_batch_of(settlements, requests))

    def _begin_writing(self, batch: Batch) -> None:
        self._begun_at = local.elapsed()
        self._writer.begin(batch)

    def _finish(self) -> None:
        """Wait until the batch is written, and let its lanes continue."""
        assert self._batch is not None
        settlements, requests, waiting = self._batch
        if settlements or requests:
            with span("ledger flush", results=len(settlements), requests=len(requests)):
                self._commit_until_done(settlements, requests, is_begun=True)
        self._batch = None
        for _entry, ticket in requests:
            ticket.release()
        for ticket in waiting:
            ticket.release()

    def _wait_for_more(self) -> None:
        """Wait for more entries to share the transaction, unless one is urgent."""
        if self._is_urgent.wait(self._linger) and self._last_size >= LARGE_BATCH:
            local.sleep(LARGE_BATCH_LINGER_SECONDS)

    def _commit_until_done(
        self,
        settlements: Sequence[Settlement],
        requests: Sequence[Requested],
        *,
        is_begun: bool = False,
    ) -> None:
        """Commit a batch, which may have been begun; try again until the database answers.

        A try whose answer was lost may have been committed. That does no harm: a settlement that
        was applied has no effect the second time, and a mark that exists is granted. It can only
        come from the earlier try, because each SEQ belongs to one mark.
        """
        pause, is_again = FIRST_RETRY_SECONDS, False
        while True:
            try:
                if not is_begun:
                    if self._is_abandoned:
                        return  # nothing is granted
                    self._begin_writing(_batch_of(settlements, requests, is_again=is_again))
                is_begun = False
                decisions = self._commit(settlements, requests)
            except NotWrittenError as problem:
                if not problem.is_shared:
                    self._commit_one_by_one(settlements, requests, problem.kind)
                    return
                log.warning("The ledger cannot write, trying again: %s", problem.line)
                is_again = True
                local.sleep(pause)
                pause = min(pause * 2, LONGEST_RETRY_SECONDS)
            else:
                for position, (_entry, ticket) in enumerate(requests):
                    ticket.decision = decisions.get(position, Decision.REFUSED)
                    ticket.proved_at = self._begun_at
                return

    def _commit_one_by_one(
        self,
        settlements: Sequence[Settlement],
        requests: Sequence[Requested],
        kind: str,
    ) -> None:
        """Commit each entry alone, so that a rejected one does not block the others."""
        if len(settlements) + len(requests) == 1:
            # Only the error's type: its message quotes values, and message texts are private.
            log.error("The ledger had an entry refused: %s", kind)
            for _entry, ticket in requests:
                ticket.problem = kind
            return
        for settlement in settlements:
            self._commit_until_done([settlement], [])
        for one in requests:
            self._commit_until_done([], [one])

    def _commit(
        self,
        settlements: Sequence[Settlement],
        requests: Sequence[Requested],
    ) -> dict[int, Decision]:
        """Wait for the transaction that was begun; return the decisions by position."""
        committed = self._writer.finish()
        self.is_fenced_off = not committed.is_living
        self.commits += 1
        LEDGER_ENTRIES.note(len(settlements) + len(requests))
        LEDGER_SECONDS.note(local.elapsed() - self._begun_at)
        UNKNOWN.add(committed.unknown)
        return committed.decisions

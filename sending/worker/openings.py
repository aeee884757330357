"""Takes the leases of accounts whose lanes open, and reads for them: for many at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from accounts.leases.leases import Grant
from accounts.leases.take_leases import take_lease, take_leases
from clocks import local
from foundation.database_turn import database_turn
from foundation.failpoints import failpoint
from foundation.gathering import Gathering
from sending.lanes.context import LaneContext
from sending.lanes.first_reads import FirstReads, first_reads


@dataclass(frozen=True, slots=True)
class Opening:
    """A lease that was taken for a lane, and what was read for it; None: the lane reads itself."""

    grant: Grant
    reads: FirstReads | None


class Openings:
    """The openings of lanes of one worker process.

    Args:
        context: the lanes' shared state.
    """

    def __init__(self, context: LaneContext) -> None:
        self._context = context
        self._leases = Gathering(self._open)
        self._in_progress: Counter[int] = Counter()

    @contextmanager
    def open(self, account_id: int) -> Iterator[Opening | None]:
        """Take an account's lease; yield None if it is not free.

        Accounts for which this is called within a moment share the statements. Inside the context
        the lease is known to be in use, also before its lane is known.
        """
        self._in_progress[account_id] += 1
        try:
            yield self._opened(account_id)
        finally:
            self._in_progress[account_id] -= 1
            if not self._in_progress[account_id]:
                del self._in_progress[account_id]

    @property
    def in_progress(self) -> list[int]:
        """The accounts whose lanes open or are open."""
        return list(self._in_progress)

    def _opened(self, account_id: int) -> Opening | None:
        called_at = local.elapsed()
        opening = self._leases.do(account_id)
        if not isinstance(opening, _Locked):
            return opening
        # Another transaction has locked the row. Only this account waits for it.
        with database_turn():
            grant = take_lease(account_id=account_id, **self._worker())
            if grant is None:
                return None
            self._context.refresh_runs(since=called_at)
        return Opening(grant, None)

    def _worker(self) -> dict[str, int]:
        return {
            "worker_id": self._context.worker.pk,
            "egress_id": self._context.egress.pk,
        }

    def _open(self, account_ids: Sequence[int]) -> list[Opening | _Locked | None]:
        called_at = local.elapsed()
        with database_turn():
            taken = take_leases(account_ids=account_ids, **self._worker())
            failpoint("after_leases")
            reads: dict[int, FirstReads] = {}
            if taken.grants:
                grants = list(taken.grants.values())
                reads = first_reads(context=self._context, grants=grants, since=called_at)
        openings: list[Opening | _Locked | None] = []
        for account_id in account_ids:
            # Each lease once: an account that is named twice gets one lane.
            grant = taken.grants.pop(account_id, None)
            if grant is not None:
                openings.append(Opening(grant, reads.get(account_id)))
            else:
                openings.append(_Locked() if account_id in taken.locked else None)
        return openings


class _Locked:
    """The lease may be free, and its row is locked."""

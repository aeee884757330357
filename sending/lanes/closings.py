"""What lanes that end ask of the database, done together for those that end at the same time."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from accounts.leases.return_leases import Return, return_lease, return_leases
from foundation.database_turn import database_turn
from foundation.gathering import Gathering
from sending.runs.finish import finish_runs_that_are_done


class Closings:
    """The ends of the lanes of one worker process; each step is done for many at once."""

    def __init__(self) -> None:
        self._returns = Gathering(_hand_back)
        self._ends = Gathering(_finish_runs)

    def hand_back(self, one: Return) -> None:
        """Hand a lease back.

        Raises:
            DatabaseError, InterfaceError, AbandonedError: it may not be handed back.
        """
        if not self._returns.do(one):
            hand_back_alone(one)

    def finish_runs(self, run_ids: Collection[int]) -> None:
        """Finish those of the runs that are done: this lane has ended, and stored its results."""
        if run_ids:
            self._ends.do(run_ids)


def hand_back_alone(one: Return) -> None:
    """Hand a lease back, and wait if its row is locked."""
    with database_turn():
        return_lease(one)


def _hand_back(returns: Sequence[Return]) -> list[bool]:
    """Hand leases back; return whether each was. A row that is locked is left to its own lane."""
    with database_turn():
        if len(returns) == 1:
            return_lease(returns[0])
            return [True]
        locked = return_leases(returns)
    return [one.grant.account_id not in locked for one in returns]


def _finish_runs(run_ids: Sequence[Collection[int]]) -> list[int]:
    """Finish runs; return how many were finished, once for each lane."""
    with database_turn():
        finished = finish_runs_that_are_done(run_ids=frozenset().union(*run_ids))
    return [finished] * len(run_ids)

"""State tables, and the one door through which a state changes.

A state changes by a conditional UPDATE whose row count decides who won: two workers, or a worker
and an operator, may ask at the same time, and exactly one of them gets the row. No model assigns
its `state` by hand.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, ClassVar, TypeVar

from django.db import models

Row = TypeVar("Row", bound=models.Model)


class StateTable:
    """Which state may follow which.

    Args:
        moves: for each state the states that may follow it; a state with none is final.
    """

    def __init__(self, moves: Mapping[str, Collection[str]]) -> None:
        self.moves = {state: frozenset(following) for state, following in moves.items()}
        unknown = {to for following in self.moves.values() for to in following} - set(self.moves)
        if unknown:
            raise ValueError(f"states without a row of their own in the table: {sorted(unknown)}")

    def sources(self, to: str) -> tuple[str, ...]:
        """Return the states from which `to` may be reached, in the table's order.

        Raises:
            ValueError: the table has no such state.
        """
        if to not in self.moves:
            raise ValueError(f"no such state: {to}")
        return tuple(state for state, following in self.moves.items() if to in following)

    def allows(self, *, of: str, to: str) -> bool:
        """Return whether `to` may follow `of`."""
        return to in self.moves.get(of, frozenset())


class StatefulQuerySet(models.QuerySet[Row]):
    """A queryset whose rows have a `state` governed by a table."""

    state_table: ClassVar[StateTable]

    def transition(self, *, to: str, **values: Any) -> int:
        """Move the rows that may go there to the state `to`; return how many moved.

        Args:
            to: the state to reach; rows whose state does not lead there are left alone.
            values: other columns to set in the same UPDATE.
        """
        return self.filter(state__in=self.state_table.sources(to)).update(state=to, **values)

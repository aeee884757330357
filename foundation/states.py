"""State tables, and the one method that changes a state.

A state changes by a conditional UPDATE, and its row count tells whether it did. If two workers, or
a worker and an operator, ask at the same time, exactly one of them moves the row. No code assigns
`state` directly.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, ClassVar, TypeVar

from django.db import models

Row = TypeVar("Row", bound=models.Model)


class StateTable:
    """The allowed transitions between states.

    Args:
        moves: for each state the states that may follow it; a final state has none.

    Raises:
        ValueError: a state that may follow has no entry of its own.
    """

    def __init__(self, moves: Mapping[str, Collection[str]]) -> None:
        self.moves = {state: frozenset(following) for state, following in moves.items()}
        unknown = {to for following in self.moves.values() for to in following} - set(self.moves)
        if unknown:
            raise ValueError(f"states without a row of their own in the table: {sorted(unknown)}")

    def sources(self, to: str) -> tuple[str, ...]:
        """Return the states that `to` may follow, in the table's order.

        Raises:
            ValueError: the table has no such state.
        """
        if to not in self.moves:
            raise ValueError(f"no such state: {to}")
        return tuple(state for state, following in self.moves.items() if to in following)

    def allows(self, *, of: str, to: str) -> bool:
        """Return whether the state `to` may follow the state `of`."""
        return to in self.moves.get(of, frozenset())


class StatefulQuerySet(models.QuerySet[Row]):
    """A queryset whose rows have a `state` with a state table."""

    state_table: ClassVar[StateTable]

    def transition(self, *, to: str, **values: Any) -> int:
        """Move rows to the state `to`; return how many rows moved.

        Args:
            to: the new state; rows whose state it may not follow stay as they are.
            values: other columns to set in the same UPDATE.
        """
        return self.filter(state__in=self.state_table.sources(to)).update(state=to, **values)

"""The marks and repeats of a batch as rows for SQL, and the decisions from what SQL returned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sending.ledger.entries import Decision, Mark, PersonLimit, Replay

Row = tuple[Any, ...]


class Marks:
    """The marks of a batch.

    Args:
        requests: the batch's marks and repeats.

    Attributes:
        rows: (delivery, account, token, seq, text) of each mark.
        people: the people whose limits the marks must keep.
        rounds: the rows of marks with limits, each followed by its limit, in groups. In a group, no
            person occurs twice, because a statement does not see its own rows.
        without_limits: the other rows. They are written after the rounds and count as later ones.
    """

    def __init__(self, requests: Sequence[Mark | Replay]) -> None:
        # By SEQ as well: a lane and its predecessor may ask for the same delivery in one batch.
        self._positions: dict[tuple[int, int], int] = {}
        self.rows: list[Row] = []
        self.without_limits: list[Row] = []
        self.rounds: list[list[Row]] = []
        seen: Counter[int] = Counter()
        for position, one in enumerate(requests):
            if not isinstance(one, Mark):
                continue
            self._positions[one.delivery_id, one.seq] = position
            row = (one.delivery_id, one.account_id, one.token, one.seq, one.text)
            self.rows.append(row)
            if one.limit is None:
                self.without_limits.append(row)
                continue
            place = seen[one.limit.contact_id]
            seen[one.limit.contact_id] += 1
            if place == len(self.rounds):
                self.rounds.append([])
            self.rounds[place].append(row + _limit_row(one.limit))
        self.people = list(seen)

    def granted(self, rows: Sequence[Sequence[Any]]) -> dict[int, Decision]:
        """Return the grants by position, from the (delivery, seq) of each granted mark."""
        return {self._positions[delivery, seq]: Decision.GRANTED for delivery, seq in rows}


class Replays:
    """The repeats of a batch.

    Args:
        requests: the batch's marks and repeats.

    Attributes:
        rows: (account, token, seq) of each repeat.
    """

    def __init__(self, requests: Sequence[Mark | Replay]) -> None:
        asked = [(n, one) for n, one in enumerate(requests) if isinstance(one, Replay)]
        self.rows: list[Row] = [(one.account_id, one.token, one.seq) for _n, one in asked]
        # If several lanes ask for the same attempt, only the newest token can hold the lease.
        asked.sort(key=lambda pair: (pair[1].token, pair[0]))
        self._positions = {(one.account_id, one.seq): position for position, one in asked}

    def decisions(self, rows: Sequence[Sequence[Any]]) -> dict[int, Decision]:
        """Return the decisions by position, from the rows of `LedgerSql.replay`."""
        return {
            self._positions[account_id, seq]: _decision(is_too_old, has_opted_out, is_cancelled)
            for account_id, seq, is_too_old, has_opted_out, is_cancelled in rows
        }


def _limit_row(limit: PersonLimit) -> Row:
    return limit.most, limit.sent_after, limit.marked_after


def _decision(is_too_old: bool, has_opted_out: bool, is_cancelled: bool) -> Decision:
    if has_opted_out:
        return Decision.OPTED_OUT
    if is_cancelled:
        return Decision.CANCELLED
    return Decision.TOO_OLD if is_too_old else Decision.GRANTED

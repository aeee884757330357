"""One reason why nothing is being sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class WaitingReason:
    """One reason why a run or a delivery waits.

    Attributes:
        sentence: for the operator.
        count: the number of accounts or deliveries it affects, if it counts them.
        until: when the wait ends without an operator, if that is known.
        kind: what an operator could do about it goes by this, see campaigns/admin/remedies.py; ""
            for nothing.
    """

    sentence: str
    count: int | None = None
    until: datetime | None = None
    kind: str = ""

"""The entries of the ledger, and its decisions on them.

What is made for every message is a NamedTuple: a frozen dataclass takes three times as long.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import NamedTuple

#: No repeat is granted in the last seconds of the gateway's replay window. This margin covers the
#: longest time between the grant and the arrival of the request's last byte: see
#: `sending.lanes.permit.LEAVES_WITHIN_SECONDS`.
REPLAY_MARGIN_SECONDS = 15.0


class Decision(Enum):
    """Whether a request may leave. True only if granted."""

    GRANTED = auto()
    #: Another lane holds the lease, or the delivery or attempt is no longer in the state expected.
    REFUSED = auto()
    #: The attempt is so old that the gateway may have forgotten its SEQ.
    TOO_OLD = auto()
    #: The person opted out or was erased after the attempt was marked.
    OPTED_OUT = auto()
    #: The attempt's run was cancelled after the attempt was marked.
    CANCELLED = auto()

    def __bool__(self) -> bool:
        return self is Decision.GRANTED


@dataclass(frozen=True, slots=True)
class PersonLimit:
    """The limits on messages to one person that a mark must keep; see `sending.limits`.

    Attributes:
        contact_id: the person.
        most: the most messages that may count; None: no frequency cap.
        sent_after, marked_after: messages after this moment count; wall and shared time.
    """

    contact_id: int
    most: int | None
    sent_after: datetime
    marked_after: datetime


class Mark(NamedTuple):
    """A new attempt for a delivery, durable before its request leaves (rule 3).

    Attributes:
        delivery_id: the delivery; it must still be pending, in a running run.
        account_id: the sender; it must be the account the delivery is routed to.
        token: the lane's fencing token.
        seq: the SEQ of the request.
        text: the rendered text, or None if it is the run's own.
        limit: the run's limits on messages to this person; None if it has none.
    """

    delivery_id: int
    account_id: int
    token: int
    seq: int
    text: str | None
    limit: PersonLimit | None = None


class Replay(NamedTuple):
    """A repeat of an open attempt's request: counted, and fenced like a mark."""

    account_id: int
    token: int
    seq: int


class Batch(NamedTuple):
    """What one transaction of the ledger writes.

    Attributes:
        settlements, requests: the entries.
        is_again: whether an earlier try of the same batch may have been committed.
    """

    settlements: Sequence[Settlement]
    requests: Sequence[Mark | Replay]
    is_again: bool = False


class Settlement(NamedTuple):
    """The result of a request.

    Attributes:
        delivery_id, account_id, seq: the attempt.
        to: the delivery's next state; "sending" while the attempt is still open.
        reason: the reason, for the states failed and unknown.
        res: the result code of this request.
        at: when the answer came; shared time.
        sent_at: the same moment in wall time, stored with a sent delivery.
        not_before: when a delivery that is pending again may be sent, or when an open attempt may
            be repeated; shared time. None: at once.
        is_ended: whether the attempt is over; an open one is repeated.
    """

    delivery_id: int
    account_id: int
    seq: int
    to: str
    reason: str
    res: str
    at: datetime
    sent_at: datetime
    not_before: datetime | None
    is_ended: bool

"""What a lane writes into the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

#: Seconds before the end of the gateway's replay window in which no repeat is granted any more. It
#: covers all that may pass between the grant and the last byte's arrival: see
#: `sending.lanes.permit.LEAVES_WITHIN_SECONDS`.
REPLAY_MARGIN_SECONDS = 15.0


class Decision(Enum):
    """What the ledger says to a lane that asks whether its request may leave."""

    GRANTED = auto()
    #: The lease has passed on, or what was asked about is another's or over by now.
    REFUSED = auto()
    #: The attempt is so old that the gateway may have forgotten its SEQ.
    TOO_OLD = auto()
    #: The person has opted out, or was erased, since the attempt was marked.
    OPTED_OUT = auto()
    #: The attempt's run has been cancelled since.
    CANCELLED = auto()

    def __bool__(self) -> bool:
        return self is Decision.GRANTED


@dataclass(frozen=True, slots=True)
class Mark:
    """ "I am about to send this": durable before the request leaves (rule 3).

    Attributes:
        delivery_id: what is sent; it must be pending still, in a run that is running.
        account_id: who sends; it must be the account the delivery is routed to.
        token: the lane's fencing token.
        seq: the SEQ of the request.
        text: the rendered text, or None when it is the run's own.
    """

    delivery_id: int
    account_id: int
    token: int
    seq: int
    text: str | None


@dataclass(frozen=True, slots=True)
class Replay:
    """ "I am about to repeat this very request": counted, and fenced like a mark."""

    account_id: int
    token: int
    seq: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of a request.

    Attributes:
        delivery_id, account_id, seq: the attempt.
        to: the delivery's state from now on; "sending" while the attempt is still open.
        reason: why, for failed and unknown ones.
        res: the result code of this request.
        at: when the answer came; shared time.
        sent_at: the same as people read it, kept with what was sent.
        not_before: when a delivery that goes back to pending may be tried again, or an attempt that
            stays open may be asked about again; shared time.
        is_ended: whether the attempt is over; an open one is replayed.
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

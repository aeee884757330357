"""The attempts of one account without a definite answer, and whether they block new messages."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.pacing.limits import SharedRate
from sending.lanes.feed import Due

#: With so many open attempts, no new message is sent for the account.
MOST_OPEN = 3
#: Repeats after which an attempt no longer blocks new messages, if the gateway has answered others
#: meanwhile: then the cause is this message, and the account's other messages need not wait for it.
REPEATS_BEFORE_OTHERS = 3
#: Repeats after which a single open attempt no longer blocks new messages, even if no other message
#: was answered. An account without others at its gateway can find the cause only by trying.
REPEATS_BEFORE_A_TRY = 6


@dataclass(slots=True)
class OpenAttempt:
    """A marked attempt without a definite answer. Times are on `clocks.local.elapsed`.

    Attributes:
        due: the delivery.
        seq: the attempt's SEQ.
        marked_at: when it was marked.
        replays: how many of its requests got no definite answer.
        may_have_left: whether any byte of it may have reached the gateway.
        first_asked_at: when its request was first made by this lane.
        asked_at: when it was last made.
        ask_at: when to repeat the request.
        last_code: the result code of the latest request.
        rate: its run's own rate, in which its requests count; None if it has none.
    """

    due: Due
    seq: int
    marked_at: float
    replays: int = 0
    may_have_left: bool = False
    first_asked_at: float | None = None
    asked_at: float = float("-inf")
    ask_at: float = float("-inf")
    last_code: str = "lost"
    rate: SharedRate | None = None


class OpenAttempts:
    """One lane's open attempts, by SEQ."""

    def __init__(self) -> None:
        self._by_seq: dict[int, OpenAttempt] = {}

    def __bool__(self) -> bool:
        return bool(self._by_seq)

    def __contains__(self, seq: int) -> bool:
        return seq in self._by_seq

    def put(self, attempt: OpenAttempt) -> None:
        """Keep an attempt whose request will be repeated."""
        self._by_seq[attempt.seq] = attempt

    def drop(self, attempt: OpenAttempt) -> None:
        """Remove an attempt that is over."""
        self._by_seq.pop(attempt.seq, None)

    def next(self) -> OpenAttempt:
        """Return the attempt to repeat first."""
        return min(self._by_seq.values(), key=lambda attempt: (attempt.ask_at, attempt.seq))

    def block_new(self, *, last_answer_at: float, is_alone: bool) -> bool:
        """Return whether the account's next message must wait for these attempts.

        Args:
            last_answer_at: when a message of any account last got a definite answer.
            is_alone: whether this is the only account with a lane in this process.
        """
        attempts = self._by_seq.values()
        if len(attempts) >= MOST_OPEN:
            return True
        if is_alone and [a.replays >= REPEATS_BEFORE_A_TRY for a in attempts] == [True]:
            return False
        return any(
            attempt.replays < REPEATS_BEFORE_OTHERS
            or last_answer_at <= (attempt.first_asked_at or attempt.asked_at)
            for attempt in attempts
        )

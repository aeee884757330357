"""The results of one lane's attempts: what the ledger records for each."""

from __future__ import annotations

from datetime import timedelta

from accounts.gateway.conversation import Answer
from accounts.gateway.lane_stops import LeaseLost
from clocks import local, shared
from sending.lanes.context import LaneContext
from sending.lanes.open_attempts import OpenAttempt, OpenAttempts
from sending.lanes.outcomes import Situation, Verdict, give_up
from sending.ledger.entries import Decision, Settlement
from sending.ledger.ledger import Ledger
from sending.models import PolicyCommand
from sending.states import DeliveryState, Reason

#: By decision of the ledger, which refused a repeat: the reason with which the attempt ends, if its
#: request may have left.
_REASONS = {
    Decision.TOO_OLD: Reason.REPLAY_WINDOW_OVER,
    Decision.OPTED_OUT: Reason.SUPPRESSED,
    Decision.CANCELLED: Reason.RUN_CANCELLED,
}


class AttemptResults:
    """Records the results of one account's attempts.

    Args:
        context: the lanes' shared state: policies and the replay window.
        ledger: the ledger that records them.
        account_id: the account.
        open_attempts: the lane's open attempts; an attempt that ends here is dropped from them.
    """

    def __init__(
        self,
        *,
        context: LaneContext,
        ledger: Ledger,
        account_id: int,
        open_attempts: OpenAttempts,
    ) -> None:
        self._context = context
        self._ledger = ledger
        self._account_id = account_id
        self._open = open_attempts

    def situation(self, attempt: OpenAttempt, answer: Answer) -> Situation:
        """Return everything that the verdict on an answer depends on."""
        return Situation(
            answer=answer,
            policy=self._context.policies.find(
                command=PolicyCommand.MESSAGE.value, code=answer.code
            ),
            was_open=attempt.may_have_left,
            replays=attempt.replays,
            attempts=attempt.due.attempts + 1,
            age=local.elapsed() - attempt.marked_at,
            replay_window=self._context.replay_window,
            promise=attempt.due.promise,
        )

    def record(self, attempt: OpenAttempt, res: str, verdict: Verdict) -> None:
        """Queue a result in the ledger.

        Args:
            attempt: the attempt.
            res: the result code of its latest request.
            verdict: the delivery's next state.
        """
        at = shared.now()
        self._ledger.settle(
            Settlement(
                delivery_id=attempt.due.delivery_id,
                account_id=self._account_id,
                seq=attempt.seq,
                to=str(verdict.to),
                reason=str(verdict.reason),
                res=res,
                at=at,
                sent_at=shared.as_wall(at),
                not_before=at + timedelta(seconds=verdict.pause) if verdict.pause else None,
                is_ended=verdict.is_ended,
            )
        )

    def withhold(self, attempt: OpenAttempt) -> None:
        """End an attempt of which no byte was sent: its delivery is pending again."""
        self.record(attempt, "withheld", Verdict(DeliveryState.PENDING))
        self._open.drop(attempt)

    def end_refused(self, attempt: OpenAttempt, decision: Decision) -> None:
        """End an attempt whose request, or its repeat, the ledger refused.

        Raises:
            LeaseLost: the attempt is no longer this lane's.
        """
        if decision is Decision.REFUSED:
            # Either another lane holds the lease, or the attempt was ended meanwhile and the lease
            # is still ours. The hand-back works in both cases.
            raise LeaseLost
        if not attempt.may_have_left:
            self.withhold(attempt)
            return
        answer = Answer(attempt.last_code, is_definite=False)
        reason = _REASONS[decision]
        situation = self.situation(attempt, answer)
        verdict = (
            give_up(situation, reason)
            if decision is Decision.TOO_OLD
            else Verdict(DeliveryState.UNKNOWN, reason)
        )
        self.record(attempt, answer.code, verdict)
        self._open.drop(attempt)

"""The sender: sees deliveries through, from their slot to a definite answer if there is one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from accounts.gateway.conversation import Answer, Conversation
from accounts.gateway.lane_stops import LaneMustStop, LeaseLost, LoginUnanswered
from clocks import local, shared
from foundation.database_turn import database_turn
from foundation.failpoints import failpoint, failpoint_soon
from sending.lanes.context import LaneContext
from sending.lanes.feed import Due, Unsettled, unsettled_attempts
from sending.lanes.lane_inbox import LaneInbox
from sending.lanes.open_attempts import OpenAttempt, OpenAttempts
from sending.lanes.outcomes import LONGEST_REPLAY_PAUSE_SECONDS, Situation, Verdict, give_up, judge
from sending.lanes.pacing import LanePacing
from sending.lanes.permit import SendPermit
from sending.lanes.reactions import Reactions
from sending.ledger.entries import Decision, Settlement
from sending.ledger.ledger import Ledger
from sending.models import PolicyCommand
from sending.states import DeliveryState, Reason

#: What an attempt that may have left ends as, when the ledger refuses to have it repeated.
_GIVEN_UP = {
    Decision.TOO_OLD: Reason.REPLAY_WINDOW_OVER,
    Decision.OPTED_OUT: Reason.SUPPRESSED,
    Decision.CANCELLED: Reason.RUN_CANCELLED,
}


class Sender:
    """The part of a lane that speaks for its account.

    Args:
        context: what all lanes of the process share.
        ledger: where its attempts and results go; the one that the permit was proved by.
        conversation: the account's line to the gateway.
        permit: the lane's permit to send.
        pacing: the lane's pacing.
        reactions: what answers mean beyond the delivery.
        inbox: what is asked in between.
        is_over: tells whether to hand back before the next message.
        must_yield: tells whether to hand back although the work is not done: others wait.
    """

    def __init__(
        self,
        *,
        context: LaneContext,
        ledger: Ledger,
        conversation: Conversation,
        permit: SendPermit,
        pacing: LanePacing,
        reactions: Reactions,
        inbox: LaneInbox,
        is_over: Callable[[], bool],
        must_yield: Callable[[], bool],
    ) -> None:
        self._context = context
        self._ledger = ledger
        self._account_id = conversation.account.pk
        self._conversation = conversation
        self._permit = permit
        self._pacing = pacing
        self._reactions = reactions
        self._inbox = inbox
        self._is_over = is_over
        self._must_yield = must_yield
        self._escapes_h = False
        #: What has no definite answer yet.
        self.open = OpenAttempts()
        #: The SEQ that is marked or asked about at this moment.
        self._current: int | None = None
        #: The runs it sent for.
        self.runs_served: set[int] = set()

    def handles(self, seq: int) -> bool:
        """Return whether this lane sees to the attempt of that SEQ."""
        return seq == self._current or seq in self.open

    def deliver(self, due: Due) -> bool:
        """Wait for the slot, mark, send, and judge the answer.

        Returns:
            False when the mark was refused, and so nothing sent: the delivery was paused,
            cancelled or rerouted, or this lane's lease has passed on.
        """
        self.log_in_or_wait()
        seq = self._conversation.next_seq()
        if not self._wait_for_slot(seq):
            return True
        attempt: OpenAttempt | None = None
        try:
            if not self._may_send(due):
                return True
            attempt = self._mark(due, seq)
        finally:
            if attempt is None:
                self._pacing.release(seq)
        if attempt is None:
            return False
        self.runs_served.add(due.run_id)
        try:
            self._pacing.sleep_until_slot()
            if not self._may_send(due):
                self._withhold(attempt)  # a locked table may have kept the mark past the window
                return True
        except LaneMustStop:
            if self._permit.is_held:
                self._withhold(attempt)
            raise
        self._send(attempt)
        self._inbox.poll_after_message()
        return True

    def _wait_for_slot(self, seq: int) -> bool:
        """Wait for the slot and take its places; return False when the slice is over before."""
        while True:
            wait = self._pacing.seconds_to_mark() or self._context.gateway.seconds_before_message()
            if not wait:
                wait = self._pacing.reserve(seq)
                if not wait:
                    return True
            self._pacing.wait(self._inbox.use_wait(wait))
            if self._is_over():
                return False

    def _may_send(self, due: Due) -> bool:
        run = self._context.runs.get(due.run_id)
        return run is not None and run.is_open(shared.wall())

    def _mark(self, due: Due, seq: int) -> OpenAttempt | None:
        """Return the marked attempt, or None when the mark was refused."""
        asked_at = local.elapsed()
        is_urgent = self._pacing.slot() <= asked_at
        self._current = seq
        if not self._permit.mark(
            delivery_id=due.delivery_id, seq=seq, text=due.own_text, is_urgent=is_urgent
        ):
            return None
        failpoint("after_mark")
        self._pacing.note_mark_duration(local.elapsed() - asked_at)
        return OpenAttempt(due, seq, marked_at=asked_at)

    # --- one request --------------------------------------------------------------------------

    def _send(self, attempt: OpenAttempt) -> None:
        """Make an attempt's request, judge the answer, and keep the attempt if it stays open."""
        self._current = attempt.seq
        answer = self._exchange(attempt)
        if answer is None:
            return
        due, attempt.last_code = attempt.due, answer.code
        situation = self._situation(attempt, answer)
        verdict = judge(situation)
        self._record(attempt, answer.code, verdict)
        if not self._permit.is_held:
            raise LeaseLost  # what follows is about the account, which is another lane's by now
        if verdict.is_ended:
            self.open.drop(attempt)
        else:
            # "When I send a message with a lowercase h the server may return NULL": spell it.
            self._escapes_h = self._escapes_h or answer.code == "NULL"
            attempt.may_have_left = attempt.may_have_left or not answer.is_definite
            attempt.replays += answer.code != "unreachable"
            attempt.ask_at = local.elapsed() + verdict.pause
            self.open.put(attempt)
        self._tell_watch(attempt, answer, verdict)
        if answer.code != "unreachable":
            self._reactions.react(
                answer=answer, policy=situation.policy, uin=due.uin, run_id=due.run_id
            )
        if verdict.is_ended:
            self._reactions.count_result(verdict=verdict, answer=answer)

    def _exchange(self, attempt: OpenAttempt) -> Answer | None:
        """Return the answer to an attempt's request; None when it may not leave, and was ended."""
        due = attempt.due
        while True:
            decision = self._permit.prove_fresh(attempt.seq)
            if not decision:
                self._end_refused(attempt, decision)
                return None
            failpoint_soon("after_request_left", within=0.02)
            attempt.asked_at = local.elapsed()
            attempt.first_asked_at = attempt.first_asked_at or attempt.asked_at
            answer = self._conversation.send_message(
                seq=attempt.seq,
                uin=due.uin,
                text=due.text,
                leave_by=self._permit.leave_by,
                escape_h=self._escapes_h,
            )
            failpoint("after_reply")
            if answer.code != "withheld":
                self._pacing.confirm(attempt.seq)
                return answer

    def _repeat(self, attempt: OpenAttempt) -> None:
        """Repeat an attempt's request, if that is granted."""
        self.wait_for_gateway()
        self.log_in_or_wait()
        self._pacing.sleep_until_slot()
        self._current = attempt.seq
        decision = self._permit.prove_again(attempt.seq)
        if not decision:
            self._end_refused(attempt, decision)
            return
        self._send(attempt)

    def _end_refused(self, attempt: OpenAttempt, decision: Decision) -> None:
        """End an attempt whose request may not leave (again).

        Raises:
            LeaseLost: it is not this lane's any more.
        """
        if decision is Decision.REFUSED:
            # The lease has passed on, or the attempt was ended meanwhile and the lease is ours:
            # the hand-back will see.
            raise LeaseLost
        if not attempt.may_have_left:
            self._withhold(attempt)
            return
        answer = Answer(attempt.last_code, is_definite=False)
        reason = _GIVEN_UP[decision]
        situation = self._situation(attempt, answer)
        verdict = (
            give_up(situation, reason)
            if decision is Decision.TOO_OLD
            else Verdict(DeliveryState.UNKNOWN, reason)
        )
        self._record(attempt, answer.code, verdict)
        self.open.drop(attempt)

    def _withhold(self, attempt: OpenAttempt) -> None:
        """End an attempt of which no byte left: its delivery is pending again."""
        self._record(attempt, "withheld", Verdict(DeliveryState.PENDING))
        self.open.drop(attempt)

    def _situation(self, attempt: OpenAttempt, answer: Answer) -> Situation:
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

    def _record(self, attempt: OpenAttempt, res: str, verdict: Verdict) -> None:
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

    def _tell_watch(self, attempt: OpenAttempt, answer: Answer, verdict: Verdict) -> None:
        gateway = self._context.gateway
        if answer.code == "unreachable":
            gateway.note_unreachable(answer.sentence, asked_at=attempt.asked_at)
        elif answer.is_definite:
            gateway.note_answered(is_message=True)
        else:
            gateway.note_unanswered(answer.sentence, asked_at=attempt.asked_at)
        if verdict.to in (DeliveryState.SENT, DeliveryState.FAILED):
            gateway.note_message(
                account_id=self._account_id, is_taken=verdict.to == DeliveryState.SENT
            )

    # --- what is open -------------------------------------------------------------------------

    def load_open_attempts(self) -> None:
        """Take charge of the account's open attempts that no lane sees to.

        Another lane died over them, or the database took a mark whose answer it could not give.
        """
        with database_turn():
            found = unsettled_attempts(account_id=self._account_id)
        now, here = shared.now(), local.elapsed()
        for left in found:
            if not self.handles(left.seq):
                self.open.put(_taken_over(left, now=now, here=here))

    def resolve_open_attempts(self, *, is_idle: bool = False) -> None:
        """Ask again about what is open: where its time has come, or where it holds others up.

        Args:
            is_idle: whether there is nothing else to send: then all of it is waited for.
        """
        while self.open and not self._is_over():
            attempt = self.open.next()
            wait = attempt.ask_at - local.elapsed()
            if wait <= 0:
                self._repeat(attempt)
            elif is_idle or self._is_blocked():
                self._pacing.wait(wait)
            else:
                return

    def _is_blocked(self) -> bool:
        return self.open.block_new(
            last_answer_at=self._context.gateway.last_answer_at,
            is_alone=len(self._context.lanes) <= 1,
        )

    # --- waiting ------------------------------------------------------------------------------

    def wait_for_gateway(self) -> None:
        """Wait while the gateway is away, unless it is this lane that tries it."""
        while wait := self._context.gateway.seconds_to_wait():
            self._wait(wait)

    def wait_for_logins(self) -> None:
        """Wait while the gateway answers no logins, unless it is this lane that tries one."""
        while wait := self._context.gateway.seconds_before_login():
            self._wait(wait)

    def log_in_or_wait(self) -> None:
        """Log in unless the account is; wait while logins get no answer, and try again.

        Raises:
            LaneMustStop: the account cannot go on.
            NeverLeft: the gateway cannot be reached.
        """
        gateway = self._context.gateway
        while not self._conversation.is_logged_in:
            if self._conversation.find_session():
                return
            if wait := gateway.seconds_before_login():
                self._wait(wait)
                continue
            asked_at = local.elapsed()
            try:
                self._conversation.log_in()
            except LoginUnanswered as trouble:
                if trouble.was_asked:
                    gateway.note_login_unanswered(trouble.sentence, asked_at=asked_at)
                self._wait(trouble.retry_seconds)
            else:
                gateway.note_answered(is_login=True)

    def _wait(self, seconds: float) -> None:
        self._pacing.wait(seconds)
        if self._must_yield():
            raise LaneMustStop("others wait for this lane's place")


def _taken_over(left: Unsettled, *, now: datetime, here: float) -> OpenAttempt:
    wait = (left.ask_at - now).total_seconds() if left.ask_at else 0.0
    return OpenAttempt(
        left.due,
        left.seq,
        marked_at=here - (now - left.marked_at).total_seconds(),
        replays=left.replays + 1,  # the first request counts here
        may_have_left=True,
        asked_at=here,
        ask_at=here + min(max(wait, 0.0), LONGEST_REPLAY_PAUSE_SECONDS),
        last_code=left.last_res or "lost",
    )

"""Sends an account's messages: waits for the slot, marks, sends, and repeats until an answer."""

from __future__ import annotations

from collections.abc import Callable

from accounts.gateway.conversation import Answer, Conversation
from accounts.gateway.lane_stops import LaneMustStop, LeaseLost
from accounts.pacing.limits import SharedRate
from accounts.pacing.pace import RateReachedError
from clocks import local, shared
from foundation.database_turn import database_turn
from foundation.failpoints import failpoint, failpoint_soon
from foundation.log_context import logged
from metrics.catalogue import REPLAYS, REQUESTS
from sending.lanes.attempt_results import AttemptResults
from sending.lanes.between_messages import BetweenMessages
from sending.lanes.context import LaneContext
from sending.lanes.feed import Due, RunBrief
from sending.lanes.gateway_access import GatewayAccess
from sending.lanes.open_attempts import OpenAttempt, OpenAttempts
from sending.lanes.outcomes import Verdict, judge
from sending.lanes.pacing import LanePacing
from sending.lanes.permit import SendPermit
from sending.lanes.reactions import Reactions
from sending.lanes.run_turns import RunTurns
from sending.lanes.unsettled import taken_over, unsettled_attempts
from sending.ledger.ledger import Ledger
from sending.states import DeliveryState


class Sender:
    """The part of a lane that sends its account's messages.

    Args:
        context: the lanes' shared state.
        ledger: records the attempts and results; the one that the permit was proved by.
        conversation: the account's requests to the gateway.
        permit: the lane's permit to send.
        pacing: the lane's pacing.
        access: waits for the gateway and logs in.
        turns: the account's turns among the runs.
        reactions: applies what answers mean for the account and the run.
        between: makes the account's other requests between messages.
        should_hand_back: returns whether to hand back before the next message.

    Attributes:
        open: the attempts without a definite answer.
        runs_served: the ids of the runs it sent messages of.
        is_asking: whether a request to send a message is under way.
    """

    def __init__(
        self,
        *,
        context: LaneContext,
        ledger: Ledger,
        conversation: Conversation,
        permit: SendPermit,
        pacing: LanePacing,
        access: GatewayAccess,
        turns: RunTurns,
        reactions: Reactions,
        between: BetweenMessages,
        should_hand_back: Callable[[], bool],
    ) -> None:
        self._context = context
        self._account_id = conversation.account.pk
        self._conversation = conversation
        self._permit = permit
        self._pacing = pacing
        self._access = access
        self._turns = turns
        self._reactions = reactions
        self._between = between
        self._should_hand_back = should_hand_back
        self._escapes_h = False
        self.open = OpenAttempts()
        self.is_asking = False
        self._results = AttemptResults(
            context=context, ledger=ledger, account_id=self._account_id, open_attempts=self.open
        )
        #: The SEQ that is being marked or requested at this moment.
        self._current: int | None = None
        self.runs_served: set[int] = set()

    def handles(self, seq: int) -> bool:
        """Return whether this lane takes care of the attempt with this SEQ."""
        return seq == self._current or seq in self.open

    def deliver(self, due: Due) -> bool:
        """Wait for the slot, mark, send, and judge the answer.

        Returns:
            False if the mark was refused and nothing was sent: the delivery was paused, cancelled
            or rerouted, or another lane holds the lease.
        """
        known = self._context.runs_changed  # before the login, which may take long
        self._access.log_in()
        seq = self._conversation.next_seq()
        run = self._wait_for_slot(due, seq, runs_known=known)
        if run is None:
            return True
        attempt: OpenAttempt | None = None
        try:
            if not self._may_send(due):
                return True
            attempt = self._mark(due, seq, rate=run.rate)
        finally:
            if attempt is None:
                self._pacing.release(seq, rate=run.rate)
        if attempt is None:
            return False
        self._turns.note_marked(run)
        self.runs_served.add(due.run_id)
        try:
            self._pacing.sleep_until_slot()
            if not self._may_send(due):
                # The mark may have waited for a locked table until after the sending window.
                self._results.withhold(attempt)
                return True
        except LaneMustStop:
            if self._permit.is_held:
                self._results.withhold(attempt)
            raise
        self._send(attempt)
        self._between.after_message()
        return True

    def _wait_for_slot(self, due: Due, seq: int, *, runs_known: int) -> RunBrief | None:
        """Wait for the slot and reserve it; return the delivery's run as it is then.

        Args:
            due: the delivery.
            seq: the SEQ of its attempt.
            runs_known: the value of `LaneContext.runs_changed` for which it was chosen.

        Returns:
            None if the message is not sent now: the slice ended, the runs changed so that another
            message may come first, or the run has used up its own rate.
        """
        while True:
            run = self._context.runs.get(due.run_id)
            if run is None or self._context.runs_changed != runs_known:
                return None
            wait = self._pacing.seconds_to_mark() or self._context.gateway.seconds_before_message()
            if not wait:
                try:
                    wait = self._pacing.reserve(seq, rate=run.rate)
                except RateReachedError as reached:
                    self._turns.hold(run, seconds=reached.seconds)
                    return None
                if not wait:
                    return run
            self._pacing.wait(self._between.use_wait(wait))
            if self._should_hand_back():
                return None

    def _may_send(self, due: Due) -> bool:
        run = self._context.runs.get(due.run_id)
        return run is not None and run.is_open(shared.wall())

    def _mark(self, due: Due, seq: int, *, rate: SharedRate | None) -> OpenAttempt | None:
        """Return the marked attempt, or None if the mark was refused."""
        asked_at = local.elapsed()
        is_urgent = self._pacing.slot() <= asked_at
        self._current = seq
        if not self._permit.mark(
            delivery_id=due.delivery_id,
            seq=seq,
            text=due.own_text,
            is_urgent=is_urgent,
            limit=due.limit,
        ):
            return None
        failpoint("after_mark")
        self._pacing.note_mark_duration(local.elapsed() - asked_at)
        return OpenAttempt(due, seq, marked_at=asked_at, rate=rate)

    # --- one request --------------------------------------------------------------------------

    def _send(self, attempt: OpenAttempt) -> None:
        """Make an attempt's request, judge the answer, and keep the attempt if it stays open."""
        self._current = attempt.seq
        answer = self._exchange(attempt)
        if answer is None:
            return
        due, attempt.last_code = attempt.due, answer.code
        situation = self._results.situation(attempt, answer)
        verdict = judge(situation)
        self._results.record(attempt, answer.code, verdict)
        if not self._permit.is_held:
            raise LeaseLost  # what follows changes the account, which another lane may hold by now
        if verdict.is_ended:
            self.open.drop(attempt)
        else:
            # "When I send a message with a lowercase h the server may return NULL": escape it.
            self._escapes_h = self._escapes_h or answer.code == "NULL"
            attempt.may_have_left = attempt.may_have_left or not answer.is_definite
            attempt.replays += answer.code != "unreachable"
            attempt.ask_at = local.elapsed() + verdict.pause
            self.open.put(attempt)
        self._report(attempt, answer, verdict)
        if answer.code != "unreachable":
            self._reactions.react(
                answer=answer, policy=situation.policy, uin=due.uin, run_id=due.run_id
            )
        if verdict.is_ended:
            self._reactions.count_result(verdict=verdict, answer=answer)

    def _exchange(self, attempt: OpenAttempt) -> Answer | None:
        """Return the answer to an attempt's request; None if it was refused and is ended."""
        due = attempt.due
        while True:
            decision = self._permit.prove_fresh(attempt.seq)
            if not decision:
                self._results.end_refused(attempt, decision)
                return None
            failpoint_soon("after_request_left", within=0.02)
            attempt.asked_at = local.elapsed()
            attempt.first_asked_at = attempt.first_asked_at or attempt.asked_at
            self.is_asking = True
            answer = self._conversation.send_message(
                seq=attempt.seq,
                uin=due.uin,
                text=due.text,
                leave_by=self._permit.leave_by,
                escape_h=self._escapes_h,
            )
            self.is_asking = False
            failpoint("after_reply")
            if answer.code != "withheld":
                REQUESTS.add()
                self._count(attempt)
                return answer

    def _repeat(self, attempt: OpenAttempt) -> None:
        """Repeat an attempt's request if the ledger grants it."""
        self._access.wait_for_gateway()
        self._access.log_in()
        self._pacing.sleep_until_slot()
        wait = self._pacing.reserve_again(attempt.seq)
        if wait:
            # New messages wait too: in a full window none may leave, and the repeat comes first.
            self._pacing.wait(self._between.use_wait(wait))
            return
        self._current = attempt.seq
        decision = self._permit.prove_again(attempt.seq)
        if not decision:
            self._results.end_refused(attempt, decision)
            return
        REPLAYS.add()
        self._count(attempt)
        self._send(attempt)

    def _count(self, attempt: OpenAttempt) -> None:
        """Count a request in the rate windows, from now on."""
        self._pacing.confirm(attempt.seq, rate=attempt.rate, repeats=attempt.replays)

    def _report(self, attempt: OpenAttempt, answer: Answer, verdict: Verdict) -> None:
        """Report an answer to the watch over the gateway."""
        gateway = self._context.gateway
        if answer.code == "unreachable":
            gateway.note_unreachable(answer.sentence, asked_at=attempt.asked_at)
        elif answer.is_definite:
            gateway.note_answered(is_message=True)
        else:
            gateway.note_unanswered(answer.sentence, asked_at=attempt.asked_at)
        if verdict.to in (DeliveryState.SENT, DeliveryState.FAILED):
            gateway.note_message(
                account_id=self._account_id, is_accepted=verdict.to == DeliveryState.SENT
            )

    # --- open attempts ------------------------------------------------------------------------

    def load_open_attempts(self) -> None:
        """Take over the account's open attempts that no lane takes care of.

        Either an earlier lane died before their answer, or the database committed a mark and the
        answer to the commit was lost.
        """
        with database_turn():
            found = unsettled_attempts(account_id=self._account_id)
        now, here = shared.now(), local.elapsed()
        for stored in found:
            if not self.handles(stored.seq):
                self.open.put(taken_over(stored, now=now, here=here))

    def wait_for_turn(self, seconds: float) -> None:
        """Wait until a held run has its turn or an open attempt is repeated; use the wait.

        Args:
            seconds: until the run has its turn.
        """
        self._pacing.wait(self._between.use_wait(min(seconds, self._seconds_to_repeat())))

    def _seconds_to_repeat(self) -> float:
        """Return the seconds until an open attempt is repeated; infinite if there is none."""
        if not self.open:
            return float("inf")
        return max(0.0, self.open.next().ask_at - local.elapsed())

    def resolve_open_attempts(self, *, is_idle: bool = False) -> None:
        """Repeat open attempts that are due; wait for those that block new messages.

        Args:
            is_idle: whether there is nothing else to send: then wait for all of them.
        """
        while self.open and not self._should_hand_back():
            attempt = self.open.next()
            wait = attempt.ask_at - local.elapsed()
            if wait <= 0:
                with logged(run=attempt.due.run_id, delivery=attempt.due.delivery_id):
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

"""The sender: sees one delivery through, from its slot to a definite answer if there is one."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from accounts.models import PolicyCommand
from accounts.services.conversation import Answer, Conversation, LeaseLost
from accounts.services.database_turn import database_turn
from campaigns.engine.entries import Settlement
from campaigns.engine.feed import Due, Unsettled, unsettled_attempts
from campaigns.engine.lane_inbox import LaneInbox
from campaigns.engine.ledger import Ledger
from campaigns.engine.outcomes import Situation, Verdict, judge
from campaigns.engine.reactions import Reactions
from campaigns.engine.right import RightToSend
from campaigns.engine.runtime import Runtime
from campaigns.engine.tempo import Tempo
from campaigns.states import DeliveryState
from foundation.failpoints import failpoint, failpoint_soon


class Sender:
    """The part of a lane that speaks for its account.

    Args:
        runtime: the process's runtime.
        ledger: where its attempts and results go; the one that the right was proved by.
        conversation: the account's line to the gateway.
        right: the lane's right to send.
        tempo: its tempo.
        reactions: what answers mean beyond the delivery.
        inbox: what is asked in between.
        check: raises to end the lane; called after waits.
        is_over: tells whether to hand back before the next message.
    """

    def __init__(
        self,
        *,
        runtime: Runtime,
        ledger: Ledger,
        conversation: Conversation,
        right: RightToSend,
        tempo: Tempo,
        reactions: Reactions,
        inbox: LaneInbox,
        check: Callable[[], None],
        is_over: Callable[[], bool],
    ) -> None:
        self._runtime = runtime
        self._ledger = ledger
        self._account_id = conversation.account.pk
        self._conversation = conversation
        self._right = right
        self._tempo = tempo
        self._reactions = reactions
        self._inbox = inbox
        self._check = check
        self._is_over = is_over
        self._spells_h = False
        #: The runs it sent for.
        self.runs_served: set[int] = set()

    def deliver(self, due: Due) -> bool:
        """Wait for the slot, mark, send, and see it through to a definite answer if there is one.

        Returns:
            False when the mark was refused, and so nothing sent: the delivery was paused,
            cancelled or rerouted, or this lane's lease has passed on.
        """
        self._log_in_first()
        seq = self._conversation.next_seq()
        while wait := self._tempo.seconds_to_mark(f"{self._account_id}:{seq}"):
            self._tempo.pause(self._inbox.use(wait))
            if self._is_over():
                return True
        self.wait_for_gateway()
        run = self._runtime.runs.get(due.run_id)
        if run is None or not run.is_open(timezone.now()):
            return True
        asked_at = time.monotonic()
        is_urgent = self._tempo.slot() <= asked_at
        if not self._right.mark(
            delivery_id=due.delivery_id, seq=seq, text=due.own_text, is_urgent=is_urgent
        ):
            return False
        failpoint("after_mark")
        marked_at = time.monotonic()
        self._tempo.mark_took(marked_at - asked_at)
        self._tempo.sleep_until_slot()
        self.runs_served.add(due.run_id)
        self._see_through(due, seq=seq, marked_at=marked_at)
        self._inbox.after_a_message()
        return True

    def _see_through(
        self, due: Due, *, seq: int, marked_at: float, replays: int = 0, was_open: bool = False
    ) -> None:
        """Send a marked attempt's request, and repeat it until the answer is definite.

        Args:
            due: the delivery.
            seq: the attempt's SEQ.
            marked_at: when it was marked, on the monotonic clock.
            replays: how often it was repeated by earlier lanes.
            was_open: whether one of them may have sent it already.
        """
        while True:
            self._right.prove_fresh(seq)
            failpoint_soon("after_request_left", within=0.02)
            answer = self._conversation.send_message(
                seq=seq, uin=due.uin, text=due.text, spell_h=self._spells_h
            )
            failpoint("after_reply")
            self._tempo.confirm(f"{self._account_id}:{seq}")
            age = time.monotonic() - marked_at
            situation = self._situation(due, answer, was_open=was_open, replays=replays, age=age)
            verdict = judge(situation)
            self._record(due, seq, answer.code, verdict)
            if not self._right.is_held:
                raise LeaseLost  # what follows is about the account, which is another lane's by now
            self._react(due, situation)
            if verdict.is_ended:
                self._reactions.count(verdict=verdict, answer=answer)
                return
            was_open = was_open or not answer.is_definite
            replays += answer.code != "unreachable"
            self._prepare_replay(answer, seq, verdict.pause)

    def _situation(
        self, due: Due, answer: Answer, *, was_open: bool, replays: int, age: float, code: str = ""
    ) -> Situation:
        """Return what is to be judged, by the policy for the answer's code or for `code`."""
        return Situation(
            answer=answer,
            policy=self._runtime.policies.find(
                command=PolicyCommand.MESSAGE.value, code=code or answer.code
            ),
            was_open=was_open,
            replays=replays,
            attempts=due.attempts + 1,
            age=age,
            replay_window=self._runtime.replay_window,
            promise=due.promise,
        )

    def _record(self, due: Due, seq: int, res: str, verdict: Verdict) -> None:
        now = timezone.now()
        is_later = verdict.pause and verdict.is_ended
        self._ledger.settle(
            Settlement(
                delivery_id=due.delivery_id,
                account_id=self._account_id,
                seq=seq,
                to=str(verdict.to),
                reason=str(verdict.reason),
                res=res,
                at=now,
                not_before=now + timedelta(seconds=verdict.pause) if is_later else None,
                is_ended=verdict.is_ended,
            )
        )

    def _react(self, due: Due, situation: Situation) -> None:
        if situation.answer.code == "unreachable":
            self._runtime.gateway.unreachable(situation.answer.sentence)
            return
        self._runtime.gateway.reached()
        self._reactions.react(
            answer=situation.answer, policy=situation.policy, uin=due.uin, run_id=due.run_id
        )

    def _prepare_replay(self, answer: Answer, seq: int, pause: float) -> None:
        """Wait as long as a repeat has to, and be granted it."""
        # "When I send a message with a lowercase h the server may return NULL": spell it.
        self._spells_h = self._spells_h or answer.code == "NULL"
        self._tempo.pause(pause)
        self._check()
        self.wait_for_gateway()
        self._log_in_first()
        self._tempo.sleep_until_slot()
        self._right.prove_again(seq)

    # --- what an earlier lane left open ---------------------------------------------------------

    def settle_unsettled(self) -> None:
        with database_turn():
            left = unsettled_attempts(account_id=self._account_id)
        for unsettled in left:
            self._settle_one(unsettled)

    def _settle_one(self, left: Unsettled) -> None:
        """Find out about an attempt nobody waits for: ask the same again, or say "unknown"."""
        age = (timezone.now() - left.marked_at).total_seconds()
        silence = Answer(left.last_res or "lost", is_definite=False)
        verdict = judge(
            self._situation(left.due, silence, was_open=True, replays=0, age=age, code="timeout")
        )
        if verdict.to != DeliveryState.SENDING:
            self._record(left.due, left.seq, silence.code, verdict)
            return
        self.runs_served.add(left.due.run_id)
        self._prepare_replay(silence, left.seq, 0.0)
        self._see_through(
            left.due,
            seq=left.seq,
            marked_at=time.monotonic() - age,
            replays=left.replays,
            was_open=True,
        )

    # --- waiting ------------------------------------------------------------------------------

    def wait_for_gateway(self) -> None:
        """Wait while the gateway is away, unless it is this lane that tries it."""
        while wait := self._runtime.gateway.wait_seconds():
            self._tempo.pause(wait)

    def _log_in_first(self) -> None:
        if not self._conversation.is_logged_in:
            self._conversation.ensure_logged_in()
            self._runtime.gateway.reached()

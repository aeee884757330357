"""The lane: the one piece of code that sends for an account right now (rule 2).

It holds the account's lease, does the errands, settles what an earlier lane left open, sends
deliveries at the account's pace for a time slice, and hands back. It runs on a greenlet: while it
waits it costs next to nothing, and an account's penalty of 20 seconds costs no other account any.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from accounts.models import Account, PolicyCommand
from accounts.services.conversation import Answer, Conversation, LaneMustStop, LeaseLost
from accounts.services.database_turn import database_turn
from accounts.services.leases import Grant, hand_back
from accounts.services.perform_errands import perform_errands
from accounts.states import AccountState
from campaigns.engine.entries import Settlement
from campaigns.engine.feed import Due, RunBrief, Unsettled, next_deliveries, unsettled_attempts
from campaigns.engine.lane_inbox import LaneInbox
from campaigns.engine.outcomes import Situation, Verdict, judge
from campaigns.engine.reactions import Reactions
from campaigns.engine.right import RightToSend
from campaigns.engine.runtime import Runtime
from campaigns.engine.tempo import Tempo
from campaigns.states import DeliveryState
from foundation.failpoints import failpoint, failpoint_soon
from qqhttp import NeverLeft

#: A lane looks up after this long whether an account waits for its place: so more accounts than
#: lanes fit in all get their turn. For errands it looks up sooner, when it is told of one.
SLICE_SECONDS = 60.0
#: Deliveries read at a time: about this many seconds of work, within bounds.
READ_AHEAD_SECONDS, FEWEST_AHEAD, MOST_AHEAD = 30.0, 10, 200
#: How long a lane looks around when the ledger refuses it a mark, seconds.
REFUSED_PAUSE_SECONDS = 0.25


class Lane:
    """One lane. Made for a lease, used once.

    Args:
        runtime: the process's runtime.
        grant: the lease.
        account: the account, with its credential.
        conversation: the account's line to the gateway.
    """

    def __init__(
        self, *, runtime: Runtime, grant: Grant, account: Account, conversation: Conversation
    ) -> None:
        self.runtime = runtime
        self.ledger = runtime.ledger
        self.grant = grant
        self.account = account
        self.conversation = conversation
        #: The account's state as the control loop last saw it.
        self.account_state: str = account.state
        self.right = RightToSend(ledger=self.ledger, grant=grant, account_id=account.pk)
        self._ends_at = time.monotonic() + SLICE_SECONDS
        self.tempo = Tempo(
            conversation=conversation,
            grant=grant,
            egress_id=runtime.egress.pk,
            limits=lambda: runtime.limits_of(account),
            check=self._check,
        )
        self.reactions = Reactions(
            account=account, grant=grant, conversation=conversation, tempo=self.tempo
        )
        self.inbox = LaneInbox(
            conversation=conversation,
            tempo=self.tempo,
            gateway=runtime.gateway,
            hear=runtime.inbox.hear,
        )
        self._spells_h = False
        #: The runs this lane sent for, and whether its slice was over before its work was.
        self.runs_served: set[int] = set()
        self.has_more = False
        #: The newest errand the runtime told this lane of, and whether it has to look for one.
        self.newest_errand = 0
        self._was_asked = False
        self._is_bound_elsewhere = False

    # --- the slice ----------------------------------------------------------------------------

    def run(self) -> None:
        """Do everything there is to do for the account, for a slice; then hand back."""
        try:
            self._wait_for_gateway()
            if self.grant.has_errands and perform_errands(conversation=self.conversation):
                self.runtime.gateway.reached()
            self.reactions.wait_out_rest()
            self._settle_unsettled()
            self._send_for_a_slice()
            while self._goes_on():
                if self._was_asked:
                    self._was_asked = False
                    perform_errands(conversation=self.conversation)
                self._send_for_a_slice()
        except LaneMustStop:
            return  # whoever stopped it has written down why
        except NeverLeft as error:
            self.runtime.gateway.unreachable(error.sentence)
        finally:
            failpoint("in_hand_over")
            self._hand_back()

    def lose_lease(self) -> None:
        """Called by the runtime: this worker was presumed dead, the lease has passed on."""
        self.right.lose()
        self.tempo.wake.set()

    def look_up(self) -> None:
        """Called by the runtime: somebody asked the account for an errand, so the slice is over."""
        self._was_asked = True
        self._ends_at = 0.0
        self.tempo.wake.set()

    def hear(self, *, state: str, is_bound_elsewhere: bool) -> None:
        """Called by the runtime: the account's state, pace or egress is another by now."""
        self.account_state = state
        self._is_bound_elsewhere = is_bound_elsewhere
        self.tempo.wake.set()

    def give_up(self) -> None:
        """Hand back without having said a word."""
        self._hand_back()

    def _hand_back(self) -> None:
        if not self.right.is_held:
            return
        self.ledger.wait_for_all()
        try:
            self._return_lease()
        except (DatabaseError, InterfaceError):
            self.runtime.return_later(self._return_lease)

    def _return_lease(self) -> None:
        self.conversation.note_used()
        last = self.conversation.last_reply
        with database_turn():
            hand_back(
                grant=self.grant,
                last_reply_at=self.grant.last_reply_at if last is None else _wall(last),
                learnt_interval=self.tempo.gap.learnt,
                bad_results=self.reactions.bad_results,
            )

    def _send_for_a_slice(self) -> None:
        while not self._is_over():
            runs_begun = self.runtime.runs_begun
            with database_turn():
                batch = next_deliveries(
                    account=self.account, runs=self._open_runs(), limit=self._read_ahead()
                )
            failpoint("after_claim")
            if not batch:
                return
            for due in batch:
                if self._is_over():
                    return
                if self.runtime.runs_begun != runs_begun:
                    break  # what was read ahead would keep a run that began out of its turn
                if due.run_id in self.runtime.runs and not self._deliver(due):
                    self.tempo.pause(REFUSED_PAUSE_SECONDS)
                    break

    def _goes_on(self) -> bool:
        """Return whether to begin another slice at once: nobody waits for this lane's place.

        To open a lane costs as much as a dozen messages, so 5,000 of them that handed back every
        minute would keep a core busy with that alone. Nor does a lane that goes on ask the database
        anything: the runtime tells it what changed.
        """
        is_wanted = self.has_more and self.account_state != AccountState.RESTING
        if not is_wanted or not self.runtime.has_room or self._is_bound_elsewhere:
            return False
        self.conversation.note_used_now_and_then()
        self.has_more = False
        self._ends_at = time.monotonic() + SLICE_SECONDS
        return True

    def _is_over(self) -> bool:
        """Return whether to hand back before the next message."""
        self._check()
        rests_by_order = (
            self.account_state == AccountState.RESTING and not self.reactions.is_resting
        )
        self.has_more = time.monotonic() >= self._ends_at
        return rests_by_order or self.has_more

    def _check(self) -> None:
        """End the lane if it must not go on; called before each message and after each wait."""
        if not self.right.is_held:
            raise LeaseLost
        if self.runtime.is_draining:
            raise LaneMustStop("draining")
        if self.account_state in (AccountState.QUARANTINED, AccountState.DISABLED):
            raise LaneMustStop(self.account_state)

    def _open_runs(self) -> list[RunBrief]:
        now = timezone.now()
        return [run for run in self.runtime.runs.values() if run.is_open(now)]

    def _read_ahead(self) -> int:
        fitting = READ_AHEAD_SECONDS / max(self.tempo.gap.seconds, 0.001)
        return int(min(max(fitting, FEWEST_AHEAD), MOST_AHEAD))

    # --- one delivery -------------------------------------------------------------------------

    def _deliver(self, due: Due) -> bool:
        """Wait for the slot, mark, send, and see it through to a definite answer if there is one.

        Returns:
            False when the mark was refused, and so nothing sent: the delivery was paused,
            cancelled or rerouted, or this lane's lease has passed on.
        """
        self._log_in_first()
        seq = self.conversation.next_seq()
        while wait := self.tempo.seconds_to_mark(f"{self.account.pk}:{seq}"):
            self.tempo.pause(self.inbox.use(wait))
            if self._is_over():
                return True
        self._wait_for_gateway()
        run = self.runtime.runs.get(due.run_id)
        if run is None or not run.is_open(timezone.now()):
            return True
        asked_at = time.monotonic()
        is_urgent = self.tempo.slot() <= asked_at
        if not self.right.mark(
            delivery_id=due.delivery_id, seq=seq, text=due.own_text, is_urgent=is_urgent
        ):
            return False
        failpoint("after_mark")
        marked_at = time.monotonic()
        self.tempo.mark_took(marked_at - asked_at)
        self.tempo.sleep_until_slot()
        self.runs_served.add(due.run_id)
        self._see_through(due, seq=seq, marked_at=marked_at)
        self.inbox.after_a_message()
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
            self.right.prove_fresh(seq)
            failpoint_soon("after_request_left", within=0.02)
            answer = self.conversation.send_message(
                seq=seq, uin=due.uin, text=due.text, spell_h=self._spells_h
            )
            failpoint("after_reply")
            self.tempo.confirm(f"{self.account.pk}:{seq}")
            age = time.monotonic() - marked_at
            situation = self._situation(due, answer, was_open=was_open, replays=replays, age=age)
            verdict = judge(situation)
            self._record(due, seq, answer.code, verdict)
            if not self.right.is_held:
                raise LeaseLost  # what follows is about the account, which is another lane's by now
            self._react(due, situation)
            if verdict.is_ended:
                self.reactions.count(verdict=verdict, answer=answer)
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
            policy=self.runtime.policies.find(
                command=PolicyCommand.MESSAGE.value, code=code or answer.code
            ),
            was_open=was_open,
            replays=replays,
            attempts=due.attempts + 1,
            age=age,
            replay_window=self.runtime.replay_window,
            promise=due.promise,
        )

    def _record(self, due: Due, seq: int, res: str, verdict: Verdict) -> None:
        now = timezone.now()
        is_later = verdict.pause and verdict.is_ended
        self.ledger.settle(
            Settlement(
                delivery_id=due.delivery_id,
                account_id=self.account.pk,
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
            self.runtime.gateway.unreachable(situation.answer.sentence)
            return
        self.runtime.gateway.reached()
        self.reactions.react(
            answer=situation.answer, policy=situation.policy, uin=due.uin, run_id=due.run_id
        )

    def _prepare_replay(self, answer: Answer, seq: int, pause: float) -> None:
        """Wait as long as a repeat has to, and be granted it."""
        # "When I send a message with a lowercase h the server may return NULL": spell it.
        self._spells_h = self._spells_h or answer.code == "NULL"
        self.tempo.pause(pause)
        self._check()
        self._wait_for_gateway()
        self._log_in_first()
        self.tempo.sleep_until_slot()
        self.right.prove_again(seq)

    # --- what an earlier lane left open ---------------------------------------------------------

    def _settle_unsettled(self) -> None:
        with database_turn():
            left = unsettled_attempts(account_id=self.account.pk)
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

    def _wait_for_gateway(self) -> None:
        while wait := self.runtime.gateway.wait_seconds():
            self.tempo.pause(wait)

    def _log_in_first(self) -> None:
        if not self.conversation.is_logged_in:
            self.conversation.ensure_logged_in()
            self.runtime.gateway.reached()


def _wall(monotonic: float) -> datetime:
    return timezone.now() - timedelta(seconds=time.monotonic() - monotonic)

"""The lane: the one piece of code that sends for an account right now (rule 2).

It holds the account's lease, does the account tasks, settles what an earlier lane left open, sends
deliveries at the account's pace for a time slice, and hands back. It runs on a greenlet: while it
waits it costs next to nothing, and an account's penalty of 20 seconds costs no other account any.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import DatabaseError, InterfaceError

from accounts.gateway.conversation import Conversation
from accounts.gateway.lane_stops import LaneMustStop, LeaseLost, LoginUnanswered
from accounts.gateway.perform_tasks import perform_account_tasks
from accounts.leases.leases import Grant, hand_back
from accounts.models import Account
from accounts.states import AccountState
from accounts.wake_ups import wake_reconciler
from clocks import local, shared
from foundation.database_turn import database_turn
from foundation.failpoints import failpoint
from qqhttp import NeverLeft
from sending.lanes.context import AccountRow, LaneContext
from sending.lanes.feed import RunBrief, next_deliveries
from sending.lanes.lane_inbox import LaneInbox
from sending.lanes.pacing import LanePacing
from sending.lanes.permit import SendPermit
from sending.lanes.reactions import Reactions
from sending.lanes.sender import Sender

#: A lane looks up after this long whether an account waits for its place: so more accounts than
#: lanes fit in all get their turn. For account tasks it looks up sooner, when it is told of one.
SLICE_SECONDS = 60.0
#: Deliveries read at a time: about this many seconds of work, within bounds.
READ_AHEAD_SECONDS, FEWEST_AHEAD, MOST_AHEAD = 30.0, 10, 200
#: How long a lane looks around when the ledger refuses it a mark, seconds.
REFUSED_PAUSE_SECONDS = 0.25


class Lane:
    """One lane. Made for a lease, used once.

    Args:
        context: what all lanes of the process share.
        grant: the lease.
        account: the account, with its credential.
        conversation: the account's line to the gateway.
    """

    def __init__(
        self, *, context: LaneContext, grant: Grant, account: Account, conversation: Conversation
    ) -> None:
        self.context = context
        self.ledger = context.ledger
        self.grant = grant
        self.account = account
        self.conversation = conversation
        #: The account's state as the control loop last saw it, and all it saw.
        self.account_state: str = account.state
        self.last_row: AccountRow | None = None
        self.permit = SendPermit(ledger=self.ledger, grant=grant, account_id=account.pk)
        self._ends_at = local.elapsed() + SLICE_SECONDS
        self.pacing = LanePacing(
            conversation=conversation,
            grant=grant,
            egress_id=context.egress.pk,
            limits=lambda: context.limits_of(account),
            check=self._check,
        )
        self.reactions = Reactions(
            account=account,
            grant=grant,
            conversation=conversation,
            pacing=self.pacing,
            gateway=context.gateway,
        )
        self.sender = Sender(
            context=context,
            ledger=self.ledger,
            conversation=conversation,
            permit=self.permit,
            pacing=self.pacing,
            reactions=self.reactions,
            inbox=LaneInbox(
                conversation=conversation,
                pacing=self.pacing,
                gateway=context.gateway,
                polled=context.polled,
            ),
            is_over=self._is_over,
            must_yield=self._must_yield,
        )
        #: Whether the slice was over before the work was.
        self.has_more = False
        #: The account tasks the runtime told this lane of, and whether it has to look for them.
        self._known_tasks: set[int] = set()
        self._has_new_task = False
        self._is_bound_elsewhere = False
        self._must_load_open = False

    # --- the slice ----------------------------------------------------------------------------

    def run(self) -> None:
        """Do everything there is to do for the account, for a slice; then hand back."""
        began_at = local.elapsed()
        try:
            self.sender.wait_for_gateway()
            began_at = local.elapsed()
            if self.grant.has_account_tasks:
                self._perform_account_tasks()
            self.reactions.wait_out_rest()
            self.sender.load_open_attempts()
            self._send_for_a_slice()
            while self._may_continue():
                began_at = local.elapsed()
                if self._has_new_task:
                    self._has_new_task = False
                    self._perform_account_tasks()
                self._send_for_a_slice()
        except LoginUnanswered as trouble:
            if trouble.was_asked:
                self.context.gateway.note_login_unanswered(trouble.sentence, asked_at=began_at)
        except LaneMustStop:
            return  # what stopped it is written down
        except NeverLeft as error:
            self.context.gateway.note_unreachable(error.sentence, asked_at=began_at)
        finally:
            failpoint("in_hand_over")
            self._hand_back()

    def _perform_account_tasks(self) -> None:
        """Do what the account is asked to do, as soon as logins are answered."""
        self.sender.wait_for_logins()
        if perform_account_tasks(conversation=self.conversation):
            self.context.gateway.note_answered(is_login=self.conversation.is_logged_in)

    def note_open_attempt(self, seq: int) -> None:
        """Called by the control loop: an attempt is open that this lane may not know of."""
        if not self.sender.handles(seq):
            self._must_load_open = True
            self.pacing.wake.set()

    def lose_lease(self) -> None:
        """Called by the control loop: this worker was presumed dead, the lease has passed on."""
        self.permit.lose()
        self.pacing.wake.set()

    def note_account_task(self, account_task_id: int) -> None:
        """End the slice: an operator requested an account task. The control loop calls this.

        Told once: an account task that cannot be done now waits for the next lane.
        """
        if account_task_id in self._known_tasks:
            return
        self._known_tasks.add(account_task_id)
        self._has_new_task = True
        self._ends_at = 0.0
        self.pacing.wake.set()

    def update_account(self, row: AccountRow, *, is_bound_elsewhere: bool) -> None:
        """Take over the account's new state, name, pace or egress. The control loop calls this."""
        self.last_row = row
        self.account_state = row.state
        self.account.name = row.name
        self._is_bound_elsewhere = is_bound_elsewhere
        self.pacing.wake.set()

    def abandon(self) -> None:
        """Hand back without having said a word."""
        self._hand_back()

    def _hand_back(self) -> None:
        if not self.permit.is_held:
            return
        self.ledger.wait_for_all()
        try:
            self._return_lease()
        except (DatabaseError, InterfaceError):
            self.context.return_lease_later(self._return_lease)

    def _return_lease(self) -> None:
        self.conversation.note_used()
        last = self.conversation.last_reply
        with database_turn():
            hand_back(
                grant=self.grant,
                last_reply_at=self.grant.last_reply_at if last is None else _wall(last),
                learnt_interval=self.pacing.gap.learnt,
                bad_results=self.reactions.bad_results,
                sessions_lost=self.reactions.sessions_lost,
            )
        if self._has_new_task:
            wake_reconciler()  # the account task came when the work was done: the next lane does it

    def _send_for_a_slice(self) -> None:
        while not self._is_over():
            if self._must_load_open:
                self._must_load_open = False
                self.sender.load_open_attempts()
            self.sender.resolve_open_attempts()
            read_with = (self.context.runs_begun, self.account.name)
            with database_turn():
                batch = next_deliveries(
                    account=self.account, runs=self._open_runs(), limit=self._read_ahead()
                )
            failpoint("after_claim")
            if not batch and not self.sender.open:
                return
            if not batch:
                self.sender.resolve_open_attempts(is_idle=True)
            for due in batch:
                self.sender.resolve_open_attempts()
                if self._is_over():
                    return
                if self._must_load_open:
                    break
                if (self.context.runs_begun, self.account.name) != read_with:
                    break  # what was read ahead keeps a run that began waiting, or is signed wrong
                if due.run_id in self.context.runs and not self.sender.deliver(due):
                    self.pacing.pause(REFUSED_PAUSE_SECONDS)
                    break

    def _may_continue(self) -> bool:
        """Return whether to begin another slice at once: nobody waits for this lane's place.

        To open a lane costs as much as a dozen messages, so 5,000 of them that handed back every
        minute would keep a core busy with that alone. Nor does a lane that goes on ask the database
        anything: the runtime tells it what changed.
        """
        is_wanted = (self.has_more or self._has_new_task) and not self._rests_by_operator
        if not is_wanted or not self.context.has_room or self._is_bound_elsewhere:
            return False
        self.conversation.note_used_at_intervals()
        self.has_more = False
        self._ends_at = local.elapsed() + SLICE_SECONDS
        return True

    def _is_over(self) -> bool:
        """Return whether to hand back before the next message."""
        self._check()
        self.has_more = local.elapsed() >= self._ends_at
        return self._rests_by_operator or self.has_more

    def _must_yield(self) -> bool:
        """Return whether others wait for this lane's place and its slice is over."""
        return not self.context.has_room and self._is_over()

    @property
    def _rests_by_operator(self) -> bool:
        """Whether an operator made the account rest; a rest of the lane's own is waited for."""
        return self.account_state == AccountState.RESTING and not self.reactions.is_resting

    def _check(self) -> None:
        """End the lane if it must not go on; called before each message and after each wait."""
        if not self.permit.is_held:
            raise LeaseLost
        if self.context.is_draining:
            raise LaneMustStop("draining")
        if self.account_state in (AccountState.QUARANTINED, AccountState.DISABLED):
            raise LaneMustStop(self.account_state)

    def _open_runs(self) -> list[RunBrief]:
        now = shared.wall()
        return [run for run in self.context.runs.values() if run.is_open(now)]

    def _read_ahead(self) -> int:
        fitting = READ_AHEAD_SECONDS / max(self.pacing.gap.seconds, 0.001)
        return int(min(max(fitting, FEWEST_AHEAD), MOST_AHEAD))


def _wall(monotonic: float) -> datetime:
    return shared.now() - timedelta(seconds=local.elapsed() - monotonic)

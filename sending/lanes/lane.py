"""The lane: the only code that sends for an account at a given time (rule 2).

A lane holds the account's lease. It performs the account tasks, settles attempts that an earlier
lane left open, sends deliveries at the account's pace for a time slice, and hands the lease back.
It runs on a greenlet: waiting costs next to nothing, and a penalty of 20 seconds for one account
delays no other account.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from django.db import DatabaseError, InterfaceError

from accounts.gateway.conversation import Conversation
from accounts.gateway.lane_stops import LaneMustStop, LeaseLost, LoginPostponed
from accounts.leases.leases import Grant
from accounts.leases.return_leases import Return
from accounts.models import Account
from accounts.states import AccountState
from accounts.wake_ups import wake_reconciler
from clocks import local, shared
from foundation.database_turn import database_turn
from foundation.failpoints import failpoint
from foundation.gathering import AbandonedError
from foundation.log_context import logged
from qqhttp import NeverLeft
from sending.lanes.between_messages import BetweenMessages
from sending.lanes.closings import hand_back_alone
from sending.lanes.context import AccountRow, LaneContext
from sending.lanes.feed import Due, RunBrief, next_deliveries
from sending.lanes.first_reads import FirstReads, read_ahead
from sending.lanes.gateway_access import GatewayAccess
from sending.lanes.pacing import LanePacing
from sending.lanes.permit import SendPermit
from sending.lanes.reactions import Reactions
from sending.lanes.run_turns import RunTurns
from sending.lanes.sender import Sender

#: The length of a slice. After it, a lane checks whether another account waits for its place, so
#: that all accounts get their turn when there are more of them than lanes. A new account task ends
#: the slice earlier.
SLICE_SECONDS = 60.0
#: How long a lane pauses after the ledger refused a mark, before it reads deliveries again.
REFUSED_PAUSE_SECONDS = 0.25


class Lane:
    """One lane: made for one lease, used once.

    Args:
        context: the lanes' shared state.
        grant: the lease.
        account: the account, with its credential.
        conversation: the account's requests to the gateway.
        reads: what was read for it with the lease; None: nothing.

    Attributes:
        last_row: the account's row as the control loop last passed it on; None before the first.
        has_more: whether the slice ended before the work did.
        woken_at: when a wake-up came after the lane last looked for work; None: none did.
    """

    def __init__(
        self,
        *,
        context: LaneContext,
        grant: Grant,
        account: Account,
        conversation: Conversation,
        reads: FirstReads | None = None,
    ) -> None:
        self.context = context
        self.ledger = context.ledger
        self.grant = grant
        self.account = account
        self.conversation = conversation
        self.last_row: AccountRow | None = None
        self._reads = reads
        self._account_state: str = account.state
        self.permit = SendPermit(ledger=self.ledger, grant=grant, account_id=account.pk)
        self._ends_at = local.elapsed() + SLICE_SECONDS
        self.pacing = LanePacing(
            conversation=conversation,
            grant=grant,
            egress_id=context.egress.pk,
            limits=lambda: context.limits_of(account),
            check=self._check,
        )
        self.access = GatewayAccess(
            conversation=conversation,
            pacing=self.pacing,
            gateway=context.gateway,
            login_turns=context.login_turns,
            must_yield=self._must_yield,
        )
        self.turns = RunTurns(context.rate_turns)
        self.reactions = Reactions(
            account=account,
            grant=grant,
            conversation=conversation,
            pacing=self.pacing,
            gateway=context.gateway,
        )
        between = BetweenMessages(
            conversation=conversation,
            pacing=self.pacing,
            gateway=context.gateway,
            polled=context.polled,
            permit=self.permit,
            has_tasks=grant.has_account_tasks,
        )
        self.tasks = between.tasks
        self.sender = Sender(
            context=context,
            ledger=self.ledger,
            conversation=conversation,
            permit=self.permit,
            pacing=self.pacing,
            access=self.access,
            turns=self.turns,
            reactions=self.reactions,
            between=between,
            should_hand_back=self._should_hand_back,
        )
        self.has_more = False
        self.woken_at: float | None = None
        #: The account tasks that the control loop announced.
        self._known_tasks: set[int] = set()
        self._has_new_task = self._is_bound_elsewhere = self._must_load_open = False

    # --- the slice ----------------------------------------------------------------------------

    def run(self) -> None:
        """Do the account's work for a slice, and for more while there is room; then hand back."""
        began_at = local.elapsed()
        try:
            self.access.wait_for_gateway()
            began_at = local.elapsed()
            if self.grant.has_account_tasks:
                self.access.perform_account_tasks()
            self.reactions.wait_out_rest()
            if self._reads is None or not self._reads.is_fresh or self._reads.has_open_attempts:
                self.sender.load_open_attempts()
            self._work_for_a_slice()
            while self._may_continue():
                began_at = local.elapsed()
                if self._has_new_task:
                    self._has_new_task = False
                    self.access.perform_account_tasks()
                self._work_for_a_slice()
        except (LoginPostponed, NeverLeft) as error:
            self.access.report_failure(error, asked_at=began_at)
        except LaneMustStop:
            return  # what has to be stored of it is stored
        finally:
            failpoint("in_hand_over")
            self.hand_back()

    def _work_for_a_slice(self) -> None:
        """Send, then perform background tasks; send what becomes due before the next task."""
        self._send_for_a_slice()
        while not self._should_hand_back() and self.tasks.perform_when_idle():
            self._send_for_a_slice()

    def _send_for_a_slice(self) -> None:
        while not self._should_hand_back():
            if self._must_load_open:
                self._must_load_open = False
                self.sender.load_open_attempts()
            self.sender.resolve_open_attempts()
            if self.woken_at is not None:
                self._read_runs(since=self.woken_at)
            read_with = (self.context.runs_changed, self.account.name)
            runs = self.context.open_runs(shared.wall())
            held = self.turns.seconds_held(runs)
            batch = self._next_deliveries(runs)
            failpoint("after_claim")
            if not batch and not self._wait_while_idle(held) and self.woken_at is None:
                return
            for due in batch:
                self.sender.resolve_open_attempts()
                if self._should_hand_back():
                    return
                if self._must_load_open:
                    break
                if (self.context.runs_changed, self.account.name) != read_with:
                    break  # a run or the account's name, which texts may contain, changed
                run = self.context.runs.get(due.run_id)
                if self.turns.may_send(run):
                    with logged(run=due.run_id, delivery=due.delivery_id):
                        is_done = self.sender.deliver(due)
                    if not is_done:
                        self.pacing.pause(REFUSED_PAUSE_SECONDS)
                        break

    def _read_runs(self, *, since: float) -> None:
        """Read the runs unless that was done since a wake-up: it may be for a run just begun."""
        self.woken_at = None
        with database_turn():
            self.context.refresh_runs(since=since)

    def _wait_while_idle(self, held: float | None) -> bool:
        """Wait for a run that its rate holds back, or for open attempts; return whether any was."""
        if held is None:
            has_open = bool(self.sender.open)
            self.sender.resolve_open_attempts(is_idle=True)
            return has_open
        self.sender.wait_for_turn(held)
        return True

    def _next_deliveries(self, runs: Sequence[RunBrief]) -> list[Due]:
        limit, first = read_ahead(self.pacing.gap.seconds), None
        if self._reads is not None:
            first = self._reads.first(runs_changed=self.context.runs_changed, limit=limit)
            self._reads = None
        with database_turn():
            return next_deliveries(
                account=self.account, runs=runs, limit=limit, turns=self.turns, first=first
            )

    # --- whether to go on ---------------------------------------------------------------------

    def _check(self) -> None:
        """Raise if the lane must end; called before each message and after each wait."""
        if not self.permit.is_held:
            raise LeaseLost
        if self.context.is_draining:
            raise LaneMustStop("draining", retry_seconds=0.0)
        if self._account_state in (AccountState.QUARANTINED, AccountState.DISABLED):
            raise LaneMustStop(self._account_state, retry_seconds=0.0)

    def _should_hand_back(self) -> bool:
        """Return whether to hand back before the next message; set `has_more`."""
        self._check()
        self.has_more = local.elapsed() >= self._ends_at
        return self._rests_by_operator or self.has_more

    def _must_yield(self) -> bool:
        """Return whether the process has no more room, and the lane is to hand back."""
        return not self.context.has_room and self._should_hand_back()

    def _may_continue(self) -> bool:
        """Return whether to begin another slice at once, because the process has room.

        Opening a lane costs as much as a dozen messages. A lane that continues reads nothing.
        """
        is_wanted = (self.has_more or self._has_new_task) and not self._rests_by_operator
        if not is_wanted or not self.context.has_room or self._is_bound_elsewhere:
            return False
        self.conversation.note_used_at_intervals()
        self.has_more = False
        self._ends_at = local.elapsed() + SLICE_SECONDS
        return True

    @property
    def _rests_by_operator(self) -> bool:
        """Whether an operator made the account rest. The lane waits out its own rests."""
        return self._account_state == AccountState.RESTING and not self.reactions.is_resting

    # --- called by the control loop -----------------------------------------------------------

    def note_open_attempt(self, seq: int) -> None:
        """Load open attempts soon if this lane does not know the one with this SEQ."""
        if not self.sender.handles(seq):
            self._must_load_open = True
            self.pacing.wake.set()

    def note_account_task(self, account_task_id: int) -> None:
        """End the slice, once for each task, so that the task is performed soon."""
        if account_task_id in self._known_tasks:
            return
        self._known_tasks.add(account_task_id)
        self._has_new_task = True
        self._ends_at = 0.0
        self.pacing.wake.set()

    def note_wake_up(self) -> None:
        """Note that there may be work that the lane has not seen, also if it is about to end."""
        self.woken_at = local.elapsed()

    def note_background_task(self, *, is_for_idle: bool) -> None:
        """Note that background tasks are due; see `LaneTasks.note`."""
        if self.tasks.note(is_for_idle=is_for_idle):
            self.pacing.wake.set()

    def update_account(self, row: AccountRow, *, is_bound_elsewhere: bool) -> None:
        """Take note of a change of the account's state, name, pace or egress.

        Args:
            row: the account's row.
            is_bound_elsewhere: whether the account is pinned to another egress than this worker's.
        """
        self.last_row = row
        self._account_state = row.state
        self.account.name = row.name
        self._is_bound_elsewhere = is_bound_elsewhere
        if is_bound_elsewhere:
            self._ends_at = 0.0  # its new egress waits for the lease
        self.pacing.wake.set()

    def lose_lease(self) -> None:
        """End the lane without a hand-back: this worker was presumed dead, its leases are gone."""
        self.permit.lose()
        self.pacing.wake.set()

    # --- handing back -------------------------------------------------------------------------

    def hand_back(self) -> None:
        """Hand the lease back, with what the next lane needs to know."""
        if not self.permit.is_held:
            return
        self.ledger.wait_for_all()
        returned = self._return()
        try:
            self.context.closings.hand_back(returned)
        except (DatabaseError, InterfaceError, AbandonedError):
            self.context.return_lease_later(partial(hand_back_alone, returned))
        if self._has_new_task or self.tasks.has_tasks:
            wake_reconciler()  # it was requested after the work was done: the next lane performs it

    def _return(self) -> Return:
        last_reply_at = self.grant.last_reply_at
        if self.conversation.last_reply is not None:
            ago = timedelta(seconds=local.elapsed() - self.conversation.last_reply)
            last_reply_at = shared.now() - ago
        return Return(
            grant=self.grant,
            last_reply_at=last_reply_at,
            learnt_interval=self.pacing.gap.learnt,
            bad_results=self.reactions.bad_results,
            sessions_lost=self.reactions.sessions_lost,
            session_used=self.conversation.session_used(),
        )

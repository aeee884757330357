"""An account's other requests while it has messages to send, at times when they delay no message.

There are two kinds: the poll of the inbox, and background tasks. At most one of them is made in a
gap, and a task's only once a heartbeat, so a message is later by one request at most.
"""

from __future__ import annotations

from accounts.gateway.background_tasks import perform_next
from accounts.gateway.conversation import Conversation
from accounts.gateway.sessions import DEFAULT_HEARTBEAT_SECONDS
from clocks import local
from qqhttp import NeverLeft
from sending.lanes.context import PolledMessages
from sending.lanes.gateway_watch import GatewayWatch
from sending.lanes.lane_inbox import ROOM_SECONDS, LaneInbox
from sending.lanes.pacing import LanePacing
from sending.lanes.permit import SendPermit

#: The time that a request with a penalty takes, seconds (30 s for DelFromList).
PENALTY_SECONDS = 30.0


class LaneTasks:
    """Performs one account's background tasks from within its lane.

    Args:
        conversation: the account's requests to the gateway.
        pacing: the lane's pacing.
        gateway: the watch over the gateway.
        has_tasks: whether a task may be due.

    Attributes:
        has_tasks: whether a task may be due that can be performed between messages.
        has_idle_tasks: whether one may be due that waits until there is nothing to send.
    """

    def __init__(
        self,
        *,
        conversation: Conversation,
        pacing: LanePacing,
        gateway: GatewayWatch,
        has_tasks: bool,
    ) -> None:
        self._conversation = conversation
        self._pacing = pacing
        self._gateway = gateway
        self.has_tasks = self.has_idle_tasks = has_tasks
        #: No request is made right after a message before this.
        self._next_at = 0.0

    def note(self, *, is_for_idle: bool) -> bool:
        """Note that a task is due; return whether the lane has to look.

        Args:
            is_for_idle: whether it waits until there is nothing to send.
        """
        if is_for_idle:
            self.has_idle_tasks = True
            return False  # the lane looks when it has nothing to send
        was_known, self.has_tasks = self.has_tasks, True
        return not was_known

    def use_wait(self, wait: float) -> bool:
        """Make a request if the wait for the slot is long enough; return whether one was made."""
        room = wait - self._pacing.gap.seconds - ROOM_SECONDS
        return room >= 0 and self._perform(is_idle=room >= PENALTY_SECONDS)

    def after_message(self) -> None:
        """Make a request if the last one was a heartbeat ago. Called at the beginning of a gap."""
        if local.elapsed() >= self._next_at and self._perform(is_idle=False):
            session = self._conversation.session
            heartbeat = session.heartbeat_seconds if session else DEFAULT_HEARTBEAT_SECONDS
            self._next_at = local.elapsed() + heartbeat

    def perform_when_idle(self) -> bool:
        """Make a request at the account's pace, because it has nothing to send.

        Returns:
            whether there was one to make.

        Raises:
            LaneMustStop: the lane must not continue.
            NeverLeft: the gateway cannot be reached.
        """
        if not self.has_tasks and not self.has_idle_tasks:
            return False
        self._pacing.sleep_until_slot()
        is_made = perform_next(conversation=self._conversation, is_idle=True)
        if is_made:
            self._gateway.note_answered()
        else:
            self.has_tasks = self.has_idle_tasks = False
        return is_made

    def _perform(self, *, is_idle: bool) -> bool:
        may_be_due = self.has_tasks or (is_idle and self.has_idle_tasks)
        if not may_be_due or self._gateway.is_away:
            return False
        asked_at = local.elapsed()
        try:
            is_made = perform_next(conversation=self._conversation, is_idle=is_idle)
        except NeverLeft as error:
            self._gateway.note_unreachable(error.sentence, asked_at=asked_at)
            return False
        if not is_made:
            self.has_tasks = False
            self.has_idle_tasks &= not is_idle
        return is_made


class BetweenMessages:
    """What one lane requests between messages: the inbox first, then a background task.

    Args:
        conversation: the account's requests to the gateway.
        pacing: the lane's pacing.
        gateway: the watch over the gateway.
        polled: receives the inbox's answers, for the inbox rounds to store.
        permit: the lane's permit.
        has_tasks: whether a background task may be due.

    Attributes:
        tasks: performs the account's background tasks.
    """

    def __init__(
        self,
        *,
        conversation: Conversation,
        pacing: LanePacing,
        gateway: GatewayWatch,
        polled: PolledMessages,
        permit: SendPermit,
        has_tasks: bool,
    ) -> None:
        self._inbox = LaneInbox(
            conversation=conversation, pacing=pacing, gateway=gateway, polled=polled, permit=permit
        )
        self.tasks = LaneTasks(
            conversation=conversation, pacing=pacing, gateway=gateway, has_tasks=has_tasks
        )

    def use_wait(self, wait: float) -> float:
        """Use a wait for the slot if it is long enough; return how long to wait now.

        Args:
            wait: seconds until the slot.

        Returns:
            seconds to wait before the lane looks again; 0.0 after a request.
        """
        left = self._inbox.use_wait(wait)
        return 0.0 if left > 0 and self.tasks.use_wait(wait) else left

    def after_message(self) -> None:
        """Use the beginning of a gap, right after a message's reply."""
        if not self._inbox.poll_after_message():
            self.tasks.after_message()

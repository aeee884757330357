"""The inbox of an account that has a lane: asked where that keeps no message waiting."""

from __future__ import annotations

import logging

from django.conf import settings

from accounts.gateway.conversation import Conversation
from accounts.gateway.inbox import (
    ACCEPTED,
    ENDED,
    NOT_POLLED,
    UNREACHABLE,
    Polled,
    Turn,
    poll_inbox,
)
from accounts.gateway.lane_stops import LeaseLost
from accounts.leases.leases import is_still_held
from clocks import local, shared
from foundation.database_turn import database_turn
from sending.lanes.context import PolledMessages
from sending.lanes.gateway_watch import GatewayWatch
from sending.lanes.pacing import LanePacing
from sending.lanes.permit import FRESH_SECONDS

log = logging.getLogger(__name__)

#: A lane asks while it waits for a slot that is further away than its gap and this, seconds: then
#: the answer is there, and the gap counted from it is over, before the slot is.
ROOM_SECONDS = 5.0


class LaneInbox:
    """Asks for what was written to one account from within its lane, where no message waits for it.

    Args:
        conversation: the account's line to the gateway.
        pacing: the lane's pacing.
        gateway: the watch over the gateway.
        polled: takes what the inbox returned.
    """

    def __init__(
        self,
        *,
        conversation: Conversation,
        pacing: LanePacing,
        gateway: GatewayWatch,
        polled: PolledMessages,
    ) -> None:
        self._conversation = conversation
        self._pacing = pacing
        self._gateway = gateway
        self._polled = polled
        self._session_id = 0
        self._due_at = 0.0

    def use_wait(self, wait: float) -> float:
        """Return how much of the wait for a slot to wait now; ask first if there is room for it."""
        if wait < self._pacing.gap.seconds + ROOM_SECONDS:
            return wait
        left = self._seconds_left()
        if left > 0:
            return min(wait, left)
        self._poll()
        return 0.0

    def poll_after_message(self) -> None:
        """Ask if it is time, at the very beginning of a gap.

        The next message is later by this one request. Anywhere later in the gap it would be later
        by as much of the gap as was over: the gap counts from the last reply of anything.
        """
        if self._seconds_left() <= 0:
            self._poll()

    def _seconds_left(self) -> float:
        session = self._conversation.session
        if session is None or not settings.QQ_INBOX or self._gateway.is_away:
            return float("inf")
        if session.pk != self._session_id:
            self._session_id = session.pk
            wait = (session.poll_at - shared.now()).total_seconds()
            self._due_at = local.elapsed() + wait
        return self._due_at - local.elapsed()

    def _poll(self) -> None:
        session, account = self._conversation.session, self._conversation.account
        assert session is not None
        asked_at = local.elapsed()
        with database_turn():
            is_mine = is_still_held(grant=self._conversation.grant)
        if not is_mine:
            raise LeaseLost  # this process was presumed dead: it may not say a word more
        turn = Turn(
            account_id=account.pk,
            uin=account.uin,
            session_id=session.pk,
            heartbeat_seconds=session.heartbeat_seconds,
            token=None,
            seq=self._conversation.next_seq(),
        )
        if local.elapsed() - asked_at > FRESH_SECONDS:
            return  # it may have been stopped since: it is asked again, like a mark
        try:
            polled = poll_inbox(client=self._conversation.client, turn=turn)
        finally:
            self._conversation.last_reply = local.elapsed()
        self._due_at = local.elapsed() + (polled.pause or session.heartbeat_seconds)
        self._polled.put(polled)
        report_inbox_answer(self._gateway, polled, asked_at=asked_at)
        if polled.code == ENDED:
            # There is work, or there were no lane: so it logs in again.
            self._conversation.note_session_ended()
            self._conversation.log_in_if_needed()


def report_inbox_answer(gateway: GatewayWatch, polled: Polled, *, asked_at: float) -> None:
    """Tell the watch over the gateway whether a turn was answered, and the log what was lost."""
    if polled.code == UNREACHABLE:
        gateway.note_unreachable(polled.sentence, asked_at=asked_at)
        return
    if polled.code not in (ACCEPTED, ENDED, NOT_POLLED):
        log.warning("Account %s: its inbox: %s", polled.turn.uin, polled.sentence or polled.code)
    if polled.code.isdigit():
        gateway.note_answered()

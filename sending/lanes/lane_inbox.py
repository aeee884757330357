"""Polls the inbox of an account that has a lane, at times when this delays no message."""

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
from sending.lanes.permit import FRESH_SECONDS, SendPermit

log = logging.getLogger(__name__)

#: A lane polls during a wait that is longer than its gap by this many seconds. Then the answer has
#: come, and the gap after it has passed, before the slot.
ROOM_SECONDS = 5.0


class LaneInbox:
    """Polls one account's inbox from within its lane.

    Args:
        conversation: the account's requests to the gateway.
        pacing: the lane's pacing.
        gateway: the watch over the gateway.
        polled: receives the inbox's answers, for the inbox rounds to store.
        permit: the lane's permit: the proof of a message is enough for a poll soon after it.
    """

    def __init__(
        self,
        *,
        conversation: Conversation,
        pacing: LanePacing,
        gateway: GatewayWatch,
        polled: PolledMessages,
        permit: SendPermit,
    ) -> None:
        self._conversation = conversation
        self._pacing = pacing
        self._gateway = gateway
        self._polled = polled
        self._permit = permit
        self._session_id = 0
        self._due_at = 0.0

    def use_wait(self, wait: float) -> float:
        """Poll if it is time and the wait for the slot is long enough; return how long to wait now.

        Args:
            wait: seconds until the slot.

        Returns:
            seconds to wait before the lane looks again; 0.0 after a poll.
        """
        if wait < self._pacing.gap.seconds + ROOM_SECONDS:
            return wait
        left = self._seconds_left()
        if left > 0:
            return min(wait, left)
        self._poll()
        return 0.0

    def poll_after_message(self) -> bool:
        """Poll if it is time; return whether it did.

        Called at the beginning of a gap, right after a message's reply.
        The gap is measured from the latest reply to any request. So a poll at its beginning delays
        the next message by the request alone; a later one would also add the part of the gap that
        had already passed.
        """
        if self._seconds_left() > 0:
            return False
        self._poll()
        return True

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
        asked_at = self._prove()
        turn = Turn(
            account_id=account.pk,
            uin=account.uin,
            session_id=session.pk,
            heartbeat_seconds=session.heartbeat_seconds,
            token=None,
            seq=self._conversation.next_seq(),
        )
        if local.elapsed() - asked_at > FRESH_SECONDS:
            return  # the process may have stood still since the check: check again, as for a mark
        try:
            polled = poll_inbox(client=self._conversation.client, turn=turn)
        finally:
            self._conversation.last_reply = local.elapsed()
        self._due_at = local.elapsed() + (polled.pause or session.heartbeat_seconds)
        self._polled.put(polled)
        report_inbox_answer(self._gateway, polled, asked_at=asked_at)
        if polled.code == ENDED:
            # A lane is open only while there is work, so the account logs in again.
            self._conversation.note_session_ended()
            self._conversation.log_in_if_needed()

    def _prove(self) -> float:
        """Return a moment at which the lease was held: the latest proof, or now.

        Raises:
            LeaseLost: this process was presumed dead, and must not send another request.
        """
        asked_at = local.elapsed()
        if self._permit.is_held and asked_at - self._permit.proved_at <= FRESH_SECONDS:
            return self._permit.proved_at
        with database_turn():
            is_mine = is_still_held(grant=self._conversation.grant)
        if not is_mine:
            raise LeaseLost
        return asked_at


def report_inbox_answer(gateway: GatewayWatch, polled: Polled, *, asked_at: float) -> None:
    """Report a turn's answer to the watch over the gateway, and log a failure.

    Args:
        gateway: the watch.
        polled: the answer.
        asked_at: when the request was made, or earlier, on `clocks.local.elapsed`.
    """
    if polled.code == UNREACHABLE:
        gateway.note_unreachable(polled.sentence, asked_at=asked_at)
        return
    if polled.code not in (ACCEPTED, ENDED, NOT_POLLED):
        log.warning("Account %s: its inbox: %s", polled.turn.uin, polled.sentence or polled.code)
    if polled.code.isdigit():
        gateway.note_answered()

"""The inbox of an account that has a lane: asked where that keeps no message waiting."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings

from accounts.services.conversation import Conversation, LeaseLost
from accounts.services.database_turn import database_turn
from accounts.services.inbox import ENDED, Polled, Turn, ask_inbox
from accounts.services.leases import is_still_held
from campaigns.engine.gateway_watch import GatewayWatch
from campaigns.engine.inbox import tell_watch
from campaigns.engine.right import FRESH_SECONDS
from campaigns.engine.tempo import Tempo
from clocks import local, shared

#: A lane asks while it waits for a slot that is further away than its gap and this, seconds: then
#: the answer is there, and the gap counted from it is over, before the slot is.
ROOM_SECONDS = 5.0


class LaneInbox:
    """Asks for what was written to one account from within its lane, where no message waits for it.

    Args:
        conversation: the account's line to the gateway.
        tempo: the lane's tempo.
        gateway: the watch over the gateway.
        hear: takes what came.
    """

    def __init__(
        self,
        *,
        conversation: Conversation,
        tempo: Tempo,
        gateway: GatewayWatch,
        hear: Callable[[Polled], None],
    ) -> None:
        self._conversation = conversation
        self._tempo = tempo
        self._gateway = gateway
        self._hear = hear
        self._session_id = 0
        self._due_at = 0.0

    def use(self, wait: float) -> float:
        """Return how much of the wait for a slot to wait now; ask first if there is room for it."""
        if wait < self._tempo.gap.seconds + ROOM_SECONDS:
            return wait
        left = self._seconds_left()
        if left > 0:
            return min(wait, left)
        self._ask()
        return 0.0

    def after_a_message(self) -> None:
        """Ask if it is time, at the very beginning of a gap.

        The next message is later by this one request. Anywhere later in the gap it would be later
        by as much of the gap as was over: the gap counts from the last reply of anything.
        """
        if self._seconds_left() <= 0:
            self._ask()

    def _seconds_left(self) -> float:
        session = self._conversation.session
        if session is None or not settings.QQ_INBOX or self._gateway.is_away:
            return float("inf")
        if session.pk != self._session_id:
            self._session_id = session.pk
            wait = (session.poll_at - shared.now()).total_seconds()
            self._due_at = local.elapsed() + wait
        return self._due_at - local.elapsed()

    def _ask(self) -> None:
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
            polled = ask_inbox(client=self._conversation.client, turn=turn)
        finally:
            self._conversation.last_reply = local.elapsed()
        self._due_at = local.elapsed() + (polled.pause or session.heartbeat_seconds)
        self._hear(polled)
        tell_watch(self._gateway, polled, asked_at=asked_at)
        if polled.code == ENDED:
            # There is work, or there were no lane: so it logs in again.
            self._conversation.session_ended()
            self._conversation.ensure_logged_in()

"""One lane's access to the gateway: waiting until it answers, logging in, and reporting logins.

What the lane learns about logins goes to the watch over the gateway (`sending.lanes.gateway_watch`)
from here. Answers to messages are reported by the sender, answers of inboxes by `lane_inbox.py`.
"""

from __future__ import annotations

from collections.abc import Callable

from accounts.gateway.conversation import Conversation
from accounts.gateway.lane_stops import LaneMustStop, LoginPostponed
from accounts.gateway.perform_tasks import perform_account_tasks
from clocks import local
from qqhttp import NeverLeft
from sending.lanes.gateway_watch import GatewayWatch
from sending.lanes.login_turns import LoginTurns
from sending.lanes.pacing import LanePacing


class GatewayAccess:
    """Waits, logs in, and reports, for one lane.

    Args:
        conversation: the account's requests to the gateway.
        pacing: the lane's pacing; its `wait` ends early when something changed.
        gateway: the watch over the gateway.
        login_turns: the turns of this process's logins and logouts.
        must_yield: returns whether the lane must hand back because other accounts need its place.
    """

    def __init__(
        self,
        *,
        conversation: Conversation,
        pacing: LanePacing,
        gateway: GatewayWatch,
        login_turns: LoginTurns,
        must_yield: Callable[[], bool],
    ) -> None:
        self._conversation = conversation
        self._pacing = pacing
        self._gateway = gateway
        self._must_yield = must_yield
        self._login_turns = login_turns
        conversation.before_login = self._wait_for_turn

    def wait_for_gateway(self) -> None:
        """Wait until the gateway can be reached, or until this lane's turn to probe it.

        Raises:
            LaneMustStop: the lane must not continue, or other accounts need its place.
        """
        while wait := self._gateway.seconds_to_wait():
            self._wait(wait)

    def wait_for_logins(self) -> None:
        """Wait until the gateway answers logins, or until this lane's turn to try one.

        Raises:
            LaneMustStop: see `wait_for_gateway`.
        """
        while wait := self._gateway.seconds_before_login():
            self._wait(wait)

    def log_in(self) -> None:
        """Log in unless the account is logged in; wait and try again while that is postponed.

        Raises:
            LaneMustStop: the account cannot continue, or other accounts need the lane's place.
            NeverLeft: the gateway cannot be reached.
        """
        while not self._conversation.is_logged_in:
            if self._conversation.find_session():
                return
            if wait := self._gateway.seconds_before_login():
                self._wait(wait)
                continue
            asked_at = local.elapsed()
            try:
                self._conversation.log_in()
            except LoginPostponed as error:
                self.report_failure(error, asked_at=asked_at)
                self._wait(error.retry_seconds)
            else:
                self._gateway.note_answered(is_login=True)

    def perform_account_tasks(self) -> None:
        """Perform the account's open tasks as soon as logins may be tried.

        Raises:
            LaneMustStop: the account cannot continue, or other accounts need the lane's place.
            NeverLeft: the gateway cannot be reached.
        """
        self.wait_for_logins()
        if perform_account_tasks(conversation=self._conversation):
            self._gateway.note_answered(is_login=self._conversation.is_logged_in)

    def report_failure(self, error: LoginPostponed | NeverLeft, *, asked_at: float) -> None:
        """Report a login that did not succeed, or a request that did not reach the gateway.

        Args:
            error: the failure.
            asked_at: when the request was made, or earlier, on `clocks.local.elapsed`.
        """
        if isinstance(error, NeverLeft):
            self._gateway.note_unreachable(error.sentence, asked_at=asked_at)
        elif error.is_answered:
            self._gateway.note_answered(is_login=True)
        elif error.is_answered is False:
            self._gateway.note_login_unanswered(error.sentence, asked_at=asked_at)

    def _wait_for_turn(self) -> None:
        """Wait for the turn to log in or out.

        Raises:
            LaneMustStop: the lane must not continue; the turn is lost.
        """
        turn = self._login_turns.take()
        while (left := turn - local.elapsed()) > 0:
            self._pacing.wait(left)

    def _wait(self, seconds: float) -> None:
        self._pacing.wait(seconds)
        if self._must_yield():
            raise LaneMustStop("another account needs this lane's place", retry_seconds=0.0)

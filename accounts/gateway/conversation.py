"""The requests of one account to the gateway, sent by the lane that holds its lease.

It logs in when needed and returns each result as an `Answer`. It knows no campaign.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from accounts.account_tasks import request_in_background
from accounts.gateway.lane_stops import LeaseLost, LoginPostponed
from accounts.gateway.login_steps import FRESH_SECONDS, LoginSteps, Standing, standing_of
from accounts.gateway.logins import LoginPolicies, after_failed_login, quarantine_at_login
from accounts.gateway.sessions import (
    AcceptedLogin,
    end_session,
    end_sessions_of,
    is_kept,
    touch_session,
    usable_session,
)
from accounts.leases.leases import SEQS_WITH_LEASE, Grant, reserve_seqs
from accounts.models import Account, AccountTaskKind, Session
from accounts.states import AccountState, PresenceStatus, StateReason
from accounts.transitions import change_account_state
from clocks import local, shared
from foundation.database_turn import database_turn
from foundation.encrypted_field import UnreadableCredential
from foundation.failpoints import failpoint
from foundation.sentences import Sentence as _
from qqhttp import (
    ChangeStat,
    CltMsg,
    GatewayClient,
    GatewayError,
    Login,
    Logout,
    NeverLeft,
    Reply,
    Request,
    Withheld,
)

#: SEQs reserved at a time: one small transaction every so many requests.
SEQ_BLOCK = 200
#: How many times the use of a session is written down within its idle time.
NOTES_PER_SESSION = 3


class Answer(NamedTuple):
    """The result of one request.

    Attributes:
        code: the result code: "0", "3", "NULL", "timeout", ...
        is_definite: whether it is certain if the request was carried out.
        sentence: the error in words, empty for RES=0.
    """

    code: str
    is_definite: bool
    sentence: str = ""


class SessionRead(NamedTuple):
    """The open session of an account, as it was read when its lease was taken.

    Attributes:
        session: the session at this egress; None if there was none.
        asked_at: the moment before the database was asked, on `clocks.local.elapsed`.
    """

    session: Session | None
    asked_at: float


class Conversation:
    """All requests of one account to the gateway, one at a time.

    Args:
        grant: the lease; its loss ends the conversation.
        account: the account, with its credential.
        egress_id: the egress of this worker.
        client: a client bound to that egress.
        login_policies: returns the policy for a result code of a login.
        login_steps: what the logins of this process ask of the database.
        session_read: the session that was read with the lease; None if it was not read.

    Attributes:
        session: the login in use; None if none is known.
        last_reply: when the latest reply came or failed to come, on `clocks.local.elapsed`. The
            gap before the next request starts here.
        before_login: waits for the turn to log in or out; None: no turns are given.
    """

    def __init__(
        self,
        *,
        grant: Grant,
        account: Account,
        egress_id: int,
        client: GatewayClient,
        login_policies: LoginPolicies,
        login_steps: LoginSteps,
        session_read: SessionRead | None = None,
    ) -> None:
        self.grant = grant
        self.account = account
        self.egress_id = egress_id
        self.client = client
        self._login_policies = login_policies
        self._login_steps = login_steps
        self._session_read = session_read
        self._standing: Standing | None = standing_of(grant, account)
        self._next_seq = grant.first_seq
        self._seqs_left = SEQS_WITH_LEASE
        self.session: Session | None = None
        self.last_reply: float | None = None
        self.before_login: Callable[[], None] | None = None
        self._noted_at = local.elapsed()

    # --- sequence numbers ---------------------------------------------------------------------

    def next_seq(self) -> int:
        """Return a SEQ that was not used before and will not be used again.

        Raises:
            LeaseLost: another lane holds the lease.
        """
        if not self._seqs_left:
            with database_turn():
                first = reserve_seqs(grant=self.grant, count=SEQ_BLOCK)
            if first is None:
                raise LeaseLost
            self._next_seq, self._seqs_left = first, SEQ_BLOCK
        seq = self._next_seq
        self._next_seq += 1
        self._seqs_left -= 1
        return seq

    # --- requests -----------------------------------------------------------------------------

    def exchange(self, request: Request[Reply], *, leave_by: float | None = None) -> Answer:
        """Send one request and return its result; never raises a gateway error.

        Args:
            request: the request.
            leave_by: the latest time at which it may leave, on `clocks.local.elapsed`.
        """
        try:
            reply = self.client.exchange(request, leave_by=leave_by)
        except Withheld as error:
            return Answer(error.code, error.definite, error.sentence)
        except GatewayError as error:
            self.last_reply = local.elapsed()
            return Answer(error.code, error.definite, error.sentence)
        self.last_reply = local.elapsed()
        return Answer(str(reply.res), True)

    def send_message(
        self, *, seq: int, uin: int, text: str, leave_by: float, escape_h: bool = False
    ) -> Answer:
        """Send one CLTMSG. The caller has marked the attempt and waited for its slot.

        Args:
            seq, uin, text: the message.
            leave_by: until when the mark's proof is valid, on `clocks.local.elapsed`.
            escape_h: whether a lowercase h is sent as %68 (`docs/protocol.md`).
        """
        message = CltMsg(seq=seq, uin=self.account.uin, un=uin, mg=text, escape_h=escape_h)
        return self.exchange(message, leave_by=leave_by)

    # --- the session --------------------------------------------------------------------------

    @property
    def is_logged_in(self) -> bool:
        """Whether the gateway keeps our session, as far as is known here."""
        return self.session is not None

    def log_in_if_needed(self) -> None:
        """Log in unless the gateway still keeps our session.

        Raises:
            LaneMustStop: the login was refused, or must not be tried now.
        """
        if not self.find_session():
            self.log_in()

    def find_session(self) -> bool:
        """Return whether the gateway still keeps a session of this or an earlier lane."""
        if self.session is None:
            # Only the holder of the lease logs in, so what was read with it holds for a while.
            read, self._session_read = self._session_read, None
            if read is not None and local.elapsed() - read.asked_at < FRESH_SECONDS:
                self.session = read.session if read.session and is_kept(read.session) else None
            else:
                self._look_for_session()
        return self.session is not None

    def _look_for_session(self) -> None:
        with database_turn():
            self.session = usable_session(account_id=self.account.pk, egress_id=self.egress_id)

    def note_session_ended(self) -> None:
        """Note that the session has ended (RES=20): the next request logs in first."""
        if self.session is None:
            return
        with database_turn():
            end_session(session_id=self.session.pk, reason="RES=20")
        self.session = None

    def log_in(self) -> None:
        """Log in, and set the account's presence if it is to be busy or invisible.

        Raises:
            LoginPostponed: the login did not succeed; the account waits before the next one.
            LaneMustStop: the account cannot log in and is now quarantined.
            LeaseLost: another lane may have logged in; this login would end its session.
            NeverLeft: the gateway cannot be reached.
        """
        self._check_standing()
        if self.before_login is not None:
            self.before_login()
            self._check_standing()  # the turn may have come much later
        if isinstance(self.account.credential, UnreadableCredential):
            raise quarantine_at_login(
                account=self.account,
                reason=StateReason.CREDENTIAL_UNREADABLE,
                sentence=UnreadableCredential.sentence,
            )
        self._standing = None  # the next login asks again
        try:
            login = Login(seq=self.next_seq(), uin=self.account.uin, ps=self.account.credential)
            reply = self.client.exchange(login)
            reply.raise_for_res()
        except NeverLeft:
            raise
        except GatewayError as error:
            raise after_failed_login(
                account=self.account,
                grant=self.grant,
                error=error,
                policy=self._login_policies(error.code),
            ) from None
        finally:
            self.last_reply = local.elapsed()
        failpoint("after_login")
        self.session = self._login_steps.open_session(
            AcceptedLogin(
                self.account.pk, self.egress_id, reply.heartbeat_seconds, reply.idle_seconds
            )
        )
        if self.account.presence != PresenceStatus.ONLINE:
            answer = self.exchange(
                ChangeStat(seq=self.next_seq(), uin=self.account.uin, st=self.account.presence)
            )
            if answer.code != "0":
                with database_turn():
                    request_in_background(
                        account_ids=[self.account.pk], kind=AccountTaskKind.STATUS
                    )

    def _check_standing(self) -> None:
        """Learn whether the account may log in now, and with what; ask again if the answer is old.

        Raises:
            LoginPostponed: the account still waits after an earlier failure.
            LeaseLost: another lane may have logged in; this login would end its session.
        """
        standing = self._standing
        if standing is None or not standing.is_fresh:
            standing = self._standing = self._login_steps.read_standing(self.grant)
        if standing is None:
            raise LeaseLost
        not_before = standing.login_not_before
        left = (not_before - shared.now()).total_seconds() if not_before is not None else 0.0
        if left > 0:
            self._standing = None  # an operator may end the wait
            raise LoginPostponed(_("Waiting before the next login."), retry_seconds=left)
        # The lane may be an hour old, and the password may have changed.
        self.account.credential, self.account.presence = standing.credential, standing.presence

    def log_out(self) -> None:
        """Log out. The gateway accepts every logout, so only an unreachable gateway prevents it."""
        if self.before_login is not None:
            self.before_login()
        self.exchange(Logout(seq=self.next_seq(), uin=self.account.uin))
        self.session = None
        with database_turn():
            end_sessions_of(account_id=self.account.pk, reason=_("logged out"))
            change_account_state(
                account_id=self.account.pk, to=AccountState.OFFLINE, reason=StateReason.LOGGED_OUT
            )

    def note_used_at_intervals(self) -> None:
        """Call `note_used` if the last time was long ago.

        So the stored time is recent even if the process crashes, and the next lane finds that the
        gateway still keeps the session.
        """
        if self.session is None or self.last_reply is None:
            return
        if self.last_reply - self._noted_at >= self.session.idle_seconds / NOTES_PER_SESSION:
            self.note_used()

    def note_used(self) -> None:
        """Store when the session was last used, so that the next lane need not log in."""
        used = self.session_used()
        if used is not None:
            with database_turn():
                touch_session(session_id=used[0], used_at=used[1])
            self._noted_at = self.last_reply or self._noted_at

    def session_used(self) -> tuple[int, datetime] | None:
        """Return the session and when it was last used; None if it was not used here."""
        if self.session is None or self.last_reply is None:
            return None
        ago = timedelta(seconds=local.elapsed() - self.last_reply)
        return self.session.pk, shared.now() - ago

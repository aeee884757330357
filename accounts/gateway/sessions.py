"""Open a session after a login, find a usable one, and end it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import QuerySet

from accounts.gateway.inbox import first_poll_at
from accounts.models import Lease, Session
from accounts.states import AccountState, StateReason
from accounts.transitions import change_account_states
from clocks import shared
from foundation.sentences import Sentence as _

#: The values for a login reply without HI and LI, seconds (every known reply has both).
DEFAULT_HEARTBEAT_SECONDS, DEFAULT_IDLE_SECONDS = 60, 300
#: A session is not used in the last seconds before it expires: a request takes time to arrive.
IDLE_MARGIN_SECONDS = 5.0


class AcceptedLogin(NamedTuple):
    """A login that the gateway accepted.

    Attributes:
        account_id, egress_id: who logged in, and through which egress.
        heartbeat_seconds, idle_seconds: HI and LI of the reply, or None.
    """

    account_id: int
    egress_id: int
    heartbeat_seconds: int | None
    idle_seconds: int | None


def open_sessions(logins: Sequence[AcceptedLogin]) -> list[Session]:
    """Record logins that the gateway accepted; end the sessions that were open before.

    Args:
        logins: of different accounts.

    Returns:
        the sessions, in the order of the logins.
    """
    ids = [login.account_id for login in logins]
    with transaction.atomic():
        # First, because it locks the accounts by key: so two of these never wait for each other.
        change_account_states(
            account_ids=ids,
            to=AccountState.ONLINE,
            reason=StateReason.LOGGED_IN,
            keeping=(AccountState.RESTING,),  # a resting account may log in; it keeps resting
        )
        _end(Session.objects.filter(account_id__in=ids), _("logged in again"))
        sessions = Session.objects.bulk_create([_session_of(login) for login in logins])
        Lease.objects.filter(account_id__in=ids).exclude(
            login_failures=0, login_not_before=None
        ).update(login_failures=0, login_not_before=None)
    return sessions


def _session_of(login: AcceptedLogin) -> Session:
    heartbeat = login.heartbeat_seconds or DEFAULT_HEARTBEAT_SECONDS
    return Session(
        account_id=login.account_id,
        egress_id=login.egress_id,
        opened_at=shared.wall(),
        last_used_at=shared.now(),
        heartbeat_seconds=heartbeat,
        poll_at=first_poll_at(heartbeat_seconds=heartbeat),
        idle_seconds=login.idle_seconds or DEFAULT_IDLE_SECONDS,
    )


def usable_session(*, account_id: int, egress_id: int) -> Session | None:
    """Return the account's open session at an egress.

    None if there is none, or if it was idle too long to be kept.

    The gateway identifies a session by IP and UIN, so a session of another egress is not usable.
    """
    session = Session.objects.filter(
        account_id=account_id, egress_id=egress_id, ended_at=None
    ).first()
    return session if session is not None and is_kept(session) else None


def sessions_at(*, account_ids: Collection[int], egress_id: int) -> dict[int, Session]:
    """Return the open sessions of accounts at an egress, by account."""
    found = Session.objects.filter(
        account_id__in=list(account_ids), egress_id=egress_id, ended_at=None
    )
    return {session.account_id: session for session in found.order_by()}


def kept_sessions(*, account_ids: Collection[int]) -> dict[int, int]:
    """Return the egress at which the gateway still keeps a session, by account.

    Accounts without such a session are left out.
    """
    found = Session.objects.filter(account_id__in=list(account_ids), ended_at=None)
    return {session.account_id: session.egress_id for session in found if is_kept(session)}


def is_kept(session: Session) -> bool:
    """Return whether the gateway still keeps a session: it was used lately."""
    kept_until = session.last_used_at + timedelta(
        seconds=session.idle_seconds - IDLE_MARGIN_SECONDS
    )
    return shared.now() < kept_until


def touch_session(*, session_id: int, used_at: datetime) -> None:
    """Store when a session was last used: the gateway extends a session at any request."""
    Session.objects.touch([(session_id, used_at)])


def end_session(*, session_id: int, reason: str) -> None:
    """End this session only: another worker may have opened a new one meanwhile."""
    _end(Session.objects.filter(pk=session_id), reason)


def end_sessions_of(*, account_id: int, reason: str) -> None:
    """End the open session of an account, if there is one."""
    _end(Session.objects.filter(account_id=account_id), reason)


def _end(sessions: QuerySet[Session], reason: str) -> None:
    sessions.filter(ended_at=None).update(ended_at=shared.wall(), end_reason=reason)

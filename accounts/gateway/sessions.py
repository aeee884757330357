"""Verbs for sessions: open one after a login, find the one in use, end it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from accounts.gateway.inbox import first_poll_at
from accounts.models import Account, Lease, Session
from accounts.states import AccountState, StateReason
from accounts.transitions import change_account_state
from clocks import shared
from foundation.sentences import Sentence as _

#: What a login reply without HI and LI is taken to mean (both are in every reply we know of).
DEFAULT_HEARTBEAT_SECONDS, DEFAULT_IDLE_SECONDS = 60, 300
#: A session is not used in the last seconds of its life: the request takes time to get there.
IDLE_MARGIN_SECONDS = 5.0


def open_session(
    *,
    account_id: int,
    egress_id: int,
    heartbeat_seconds: int | None,
    idle_seconds: int | None,
) -> Session:
    """Record a login that the gateway accepted; it ends whatever session was open before."""
    heartbeat = heartbeat_seconds or DEFAULT_HEARTBEAT_SECONDS
    with transaction.atomic():
        end_sessions_of(account_id=account_id, reason=_("logged in anew"))
        session = Session.objects.create(
            account_id=account_id,
            egress_id=egress_id,
            opened_at=shared.wall(),
            last_used_at=shared.now(),
            heartbeat_seconds=heartbeat,
            poll_at=first_poll_at(heartbeat_seconds=heartbeat),
            idle_seconds=idle_seconds or DEFAULT_IDLE_SECONDS,
        )
        Lease.objects.filter(account_id=account_id).update(login_failures=0, login_not_before=None)
        # An account that an operator lets rest may log in; it goes on resting.
        if not Account.objects.filter(pk=account_id, state=AccountState.RESTING).exists():
            change_account_state(
                account_id=account_id, to=AccountState.ONLINE, reason=StateReason.LOGGED_IN
            )
    return session


def usable_session(*, account_id: int, egress_id: int) -> Session | None:
    """Return the open session of an account at this egress, if the gateway still keeps it.

    The gateway recognises an account by IP and UIN: a session of another egress is of no use here.
    """
    session = Session.objects.filter(
        account_id=account_id, egress_id=egress_id, ended_at=None
    ).first()
    return session if session is not None and _is_kept(session) else None


def kept_sessions(*, account_ids: Collection[int]) -> dict[int, int]:
    """Return at which egress the gateway still keeps a session, for those accounts that have one.

    Returns:
        the egress by account.
    """
    found = Session.objects.filter(account_id__in=list(account_ids), ended_at=None)
    return {session.account_id: session.egress_id for session in found if _is_kept(session)}


def _is_kept(session: Session) -> bool:
    kept_until = session.last_used_at + timedelta(
        seconds=session.idle_seconds - IDLE_MARGIN_SECONDS
    )
    return shared.now() < kept_until


def touch_session(*, session_id: int, used_at: datetime) -> None:
    """Note when a session was last used: any request shows the gateway that the client lives."""
    Session.objects.filter(pk=session_id, ended_at=None).update(last_used_at=used_at)


def end_session(*, session_id: int, reason: str) -> None:
    """End this one session: another worker may have opened a new one meanwhile."""
    _end(Session.objects.filter(pk=session_id), reason)


def end_sessions_of(*, account_id: int, reason: str) -> None:
    """End the open session of an account, if there is one."""
    _end(Session.objects.filter(account_id=account_id), reason)


def _end(sessions: QuerySet[Session], reason: str) -> None:
    sessions.filter(ended_at=None).update(ended_at=shared.wall(), end_reason=reason)

"""The database's part of a login, done together for accounts that log in at the same time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q

from accounts.gateway.sessions import AcceptedLogin, open_sessions
from accounts.leases.leases import Grant
from accounts.models import Account, Lease, Session
from clocks import local
from foundation.database_turn import database_turn
from foundation.gathering import Gathering

#: What the database said longer ago than this is asked again before a login, seconds: the process
#: may have stood still meanwhile, and another worker may have taken the lease.
FRESH_SECONDS = 3.0


class Standing(NamedTuple):
    """What has to be known of an account before it logs in, while its lease is held.

    Attributes:
        asked_at: the moment before the database was asked, on `clocks.local.elapsed`.
        login_not_before: no login before this; shared time.
        credential, presence: see `Account`; operators may change both while a lane is open.
    """

    asked_at: float
    login_not_before: datetime | None
    credential: str
    presence: int

    @property
    def is_fresh(self) -> bool:
        """Whether the account may log in on this without asking again."""
        return local.elapsed() - self.asked_at < FRESH_SECONDS


def standing_of(grant: Grant, account: Account) -> Standing:
    """Return what was read when the lease was taken."""
    return Standing(grant.asked_at, grant.login_not_before, account.credential, account.presence)


class LoginSteps:
    """The steps of the logins of one worker process; each is done for many accounts at once."""

    def __init__(self) -> None:
        self._standings = Gathering(_read_standings)
        self._sessions = Gathering(_open_sessions)

    def read_standing(self, grant: Grant) -> Standing | None:
        """Return what has to be known before a login, or None if the lease is lost."""
        return self._standings.do(grant)

    def open_session(self, login: AcceptedLogin) -> Session:
        """Record a login that the gateway accepted; return its session."""
        return self._sessions.do(login)


def _read_standings(grants: Sequence[Grant]) -> list[Standing | None]:
    asked_at = local.elapsed()
    held = Q()
    for grant in grants:
        held |= Q(account_id=grant.account_id, token=grant.token)
    with database_turn():
        rows = (
            Lease.objects.held()
            .filter(held)
            .order_by()
            .values_list(
                "account_id", "login_not_before", "account__credential", "account__presence"
            )
        )
        found = {account_id: Standing(asked_at, *values) for account_id, *values in rows}
    return [found.get(grant.account_id) for grant in grants]


def _open_sessions(logins: Sequence[AcceptedLogin]) -> list[Session]:
    with database_turn():
        return open_sessions(logins)

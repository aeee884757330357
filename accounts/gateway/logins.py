"""The consequence of a failed login: the account waits, or is quarantined.

The result policies for logins decide which of the two. They belong to `sending`, so the lane passes
them as a `LoginPolicies`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from accounts.account_tasks import fail_open_account_tasks
from accounts.gateway.lane_stops import LaneMustStop, LoginPostponed
from accounts.leases.leases import Grant
from accounts.models import Account, Lease
from accounts.states import AccountState, StateReason
from accounts.transitions import change_account_state, quarantine_account
from clocks import shared
from foundation.database_turn import database_turn
from qqhttp import GatewayError, IllegalUin, TooFast

#: Failures are counted up to this number; the column can hold 32,767.
MOST_COUNTED = 1_000
#: The shortest pause between two logins of an account, seconds, even if the policy says less.
SHORTEST_LOGIN_PAUSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class LoginPolicy:
    """What the policies say about one result code of a login.

    Attributes:
        quarantines: whether a definite answer with this code quarantines the account.
        pause: returns the seconds until the next login, given the number of failures in a row.
    """

    quarantines: bool
    pause: Callable[[int], float]


#: Returns the policy in force for a result code.
LoginPolicies = Callable[[str], LoginPolicy]


def after_failed_login(
    *, account: Account, grant: Grant, error: GatewayError, policy: LoginPolicy
) -> LaneMustStop:
    """Quarantine the account or make it wait; return the exception to raise.

    Only a definite answer is held against the account (rule 9). While the gateway or its database
    restarts, the logins of all accounts fail without one.

    Args:
        account: the account.
        grant: its lease.
        error: why the login failed.
        policy: the policy for the error's code.
    """
    if error.definite and policy.quarantines:
        # Not tried a second time: repeating a wrong password gets an account locked.
        is_illegal = isinstance(error, IllegalUin)
        reason = StateReason.ILLEGAL_UIN if is_illegal else StateReason.LOGIN_REFUSED
        return quarantine_at_login(account=account, reason=reason, sentence=error.sentence)
    return _postpone_login(account, grant, error, policy)


def quarantine_at_login(*, account: Account, reason: str, sentence: str) -> LaneMustStop:
    """Quarantine an account that cannot log in; return the exception to raise."""
    with database_turn():
        quarantine_account(account=account, reason=reason, detail=sentence)
        fail_open_account_tasks(account_id=account.pk, outcome=sentence)
    return LaneMustStop(sentence)


def _postpone_login(
    account: Account, grant: Grant, error: GatewayError, policy: LoginPolicy
) -> LoginPostponed:
    mine = Lease.objects.filter(account_id=account.pk, token=grant.token)
    with database_turn():
        failures = mine.values_list("login_failures", flat=True).first() or 0
        pause = max(policy.pause(failures + 1), SHORTEST_LOGIN_PAUSE_SECONDS)
        mine.update(
            login_failures=min(failures + 1, MOST_COUNTED),
            login_not_before=shared.now() + timedelta(seconds=pause),
        )
        if not Account.objects.filter(pk=account.pk, state=AccountState.RESTING).exists():
            change_account_state(
                account_id=account.pk,
                to=AccountState.OFFLINE,
                reason=_reason_of(error),
                detail=error.sentence,
            )
    return LoginPostponed(error.sentence, retry_seconds=pause, is_answered=error.definite)


def _reason_of(error: GatewayError) -> StateReason:
    if not error.definite:
        return StateReason.LOGIN_UNANSWERED
    return StateReason.TOO_FAST if isinstance(error, TooFast) else StateReason.LOGIN_REFUSED

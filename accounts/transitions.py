"""Verbs that change an account's state. Each change is kept in the account's timeline."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Account, AccountEvent, Lease
from accounts.states import AccountState, StateReason
from clocks import shared
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _

#: Why an account is in quarantine when all that is wrong with it is its password.
_PASSWORD_REASONS = (StateReason.LOGIN_REFUSED, StateReason.CREDENTIAL_UNREADABLE)
#: How long an operator's "rest" lasts when they do not say, seconds.
DEFAULT_REST_SECONDS = 3600.0


def change_account_state(
    *, account_id: int, to: str, reason: str, detail: str = "", by: Any = None
) -> bool:
    """Move an account to a state and note it in its timeline; return whether it moved.

    An account already in that state for that reason is left alone: no event for no change.
    """
    account = Account.objects.filter(pk=account_id)
    with transaction.atomic():
        moved = account.exclude(state=to).transition(
            to=to, state_reason=reason, state_detail=detail
        )
        if moved:
            AccountEvent.objects.create(
                account_id=account_id, state=to, reason=reason, detail=detail, by=by
            )
    return bool(moved)


def _forget_troubles(account: Account) -> None:
    """Let the account's next lane begin without what earlier ones met with."""
    Lease.objects.filter(account=account).update(
        resting_until=None,
        login_failures=0,
        login_not_before=None,
        bad_results=0,
        sessions_lost=0,
    )


def enable_account(*, account: Account, by: Any = None) -> None:
    """Give an account a fresh start: out of quarantine, rest or being disabled.

    One that works already is left as it is: whoever asks has what they want.
    """
    with transaction.atomic():
        _forget_troubles(account)
        # As it is now: a lane may have changed it since the operator looked.
        rests = Account.objects.filter(pk=account.pk, state=AccountState.RESTING).exists()
        to = AccountState.OFFLINE if rests else AccountState.NEW
        change_account_state(account_id=account.pk, to=to, reason=StateReason.BY_OPERATOR, by=by)


def restart_after_password_change(*, account: Account, by: Any = None) -> bool:
    """Give an account a fresh start if its password alone kept it back, now that it has another.

    Called by whoever has written another credential. An account that is quarantined for anything
    else, or disabled, stays where it is: a password mends nothing there.

    Returns:
        whether it starts afresh.
    """
    with transaction.atomic():
        moved = Account.objects.filter(
            pk=account.pk, state=AccountState.QUARANTINED, state_reason__in=_PASSWORD_REASONS
        ).transition(to=AccountState.NEW, state_reason=StateReason.BY_OPERATOR, state_detail="")
        if not moved:
            return False
        _forget_troubles(account)
        AccountEvent.objects.create(
            account=account,
            state=AccountState.NEW,
            reason=StateReason.BY_OPERATOR,
            detail=_("It has another password: a fresh start."),
            by=by,
        )
    return True


def disable_account(*, account: Account, by: Any = None) -> None:
    """Take an account out of use until an operator enables it. Its lane stops before its next
    message.

    Raises:
        Refusal: the account is disabled already.
    """
    if not change_account_state(
        account_id=account.pk, to=AccountState.DISABLED, reason=StateReason.BY_OPERATOR, by=by
    ):
        raise Refusal(
            _("Account %(uin)s is disabled already.") % {"uin": account.uin},
            code="already_disabled",
            uin=account.uin,
        )


def rest_account(*, account: Account, seconds: float | None = None, by: Any = None) -> None:
    """Let an account rest: it sends nothing until the rest is over, and stays logged in.

    Args:
        account: the account.
        seconds: how long; an hour when left out.
        by: the operator.

    Raises:
        Refusal: the account is quarantined or disabled.
    """
    until = shared.now() + timedelta(seconds=DEFAULT_REST_SECONDS if seconds is None else seconds)
    detail = _("Resting until %(until)s.") % {
        "until": timezone.localtime(shared.as_wall(until)).strftime("%Y-%m-%d %H:%M:%S")
    }
    with transaction.atomic():
        moved = change_account_state(
            account_id=account.pk,
            to=AccountState.RESTING,
            reason=StateReason.BY_OPERATOR,
            detail=detail,
            by=by,
        )
        # Another end of a rest that is under way is no change of state, but it is to be seen.
        if not moved and not Account.objects.filter(
            pk=account.pk, state=AccountState.RESTING
        ).update(state_reason=StateReason.BY_OPERATOR, state_detail=detail):
            raise Refusal(
                _("Account %(uin)s is %(state)s: enable it first.")
                % {"uin": account.uin, "state": account.get_state_display()},
                code="not_working",
                uin=account.uin,
            )
        Lease.objects.filter(account=account).update(resting_until=until)


def quarantine_account(*, account: Account, reason: str, detail: str, by: Any = None) -> None:
    """Take an account out of use because something is wrong with it, and say what."""
    change_account_state(
        account_id=account.pk, to=AccountState.QUARANTINED, reason=reason, detail=detail, by=by
    )

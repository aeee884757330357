"""Services that change an account's state and record each change in its timeline."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Account, AccountEvent, Lease
from accounts.states import ACCOUNT_STATES, AccountState, StateReason
from accounts.webhook_events import tell_account_state
from clocks import shared
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _

#: The reasons for a quarantine that a different password removes.
_PASSWORD_REASONS = (StateReason.LOGIN_REFUSED, StateReason.CREDENTIAL_UNREADABLE)
#: The length of a rest if the operator gives none, seconds.
DEFAULT_REST_SECONDS = 3600.0


def change_account_state(
    *, account_id: int, to: str, reason: str, detail: str = "", by: Any = None
) -> bool:
    """Move an account to a state and record it in its timeline; return whether it moved.

    An account that is in that state already, or cannot move to it, is not changed.

    Args:
        account_id: the account.
        to: an AccountState.
        reason: a StateReason.
        detail: a sentence for the operator.
        by: the operator, None for the system.
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
            tell_account_state(account_id)
    return bool(moved)


def change_account_states(
    *, account_ids: Collection[int], to: str, reason: str, keeping: Collection[str] = ()
) -> None:
    """Move accounts to a state, as `change_account_state` does with one; all in three statements.

    Args:
        account_ids: the accounts.
        to: an AccountState.
        reason: a StateReason.
        keeping: accounts in one of these states keep it.
    """
    with transaction.atomic():
        accounts = Account.objects.filter(pk__in=list(account_ids)).exclude(state=to)
        # Locked by key, so that two of these cannot wait for each other.
        locked = list(accounts.select_for_update().order_by("pk").values_list("pk", "state"))
        moved = [
            pk
            for pk, state in locked
            if state not in keeping and ACCOUNT_STATES.allows(of=state, to=to)
        ]
        if not moved:
            return
        Account.objects.filter(pk__in=moved).transition(to=to, state_reason=reason, state_detail="")
        AccountEvent.objects.bulk_create(
            AccountEvent(account_id=account_id, state=to, reason=reason) for account_id in moved
        )
        for account_id in moved:
            tell_account_state(account_id)


def _reset_error_counts(account: Account) -> None:
    """Clear the rest, the login delay and the error counts that earlier lanes stored."""
    Lease.objects.filter(account=account).update(
        resting_until=None,
        login_failures=0,
        login_not_before=None,
        bad_results=0,
        sessions_lost=0,
    )


def enable_account(*, account: Account, by: Any = None) -> None:
    """Enable an account that is quarantined, disabled or resting, and reset its error counts.

    The state of a working account is not changed.
    """
    with transaction.atomic():
        _reset_error_counts(account)
        # Read again: a lane may have changed the state since `account` was loaded.
        rests = Account.objects.filter(pk=account.pk, state=AccountState.RESTING).exists()
        to = AccountState.OFFLINE if rests else AccountState.NEW
        change_account_state(account_id=account.pk, to=to, reason=StateReason.BY_OPERATOR, by=by)


def restart_after_password_change(*, account: Account, by: Any = None) -> bool:
    """Enable an account that was quarantined because of its password; return whether it was.

    Call it after storing a different credential. An account that is quarantined for another reason,
    or disabled, is not changed: a password does not solve its problem.
    """
    with transaction.atomic():
        moved = Account.objects.filter(
            pk=account.pk, state=AccountState.QUARANTINED, state_reason__in=_PASSWORD_REASONS
        ).transition(to=AccountState.NEW, state_reason=StateReason.BY_OPERATOR, state_detail="")
        if not moved:
            return False
        _reset_error_counts(account)
        AccountEvent.objects.create(
            account=account,
            state=AccountState.NEW,
            reason=StateReason.BY_OPERATOR,
            detail=_("The password was replaced; the account is enabled again."),
            by=by,
        )
        tell_account_state(account.pk)
    return True


def disable_account(*, account: Account, by: Any = None) -> None:
    """Disable an account until an operator enables it; its lane stops before the next message.

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
    """Rest an account: it sends nothing until the end of the rest, and stays logged in.

    Args:
        account: the account.
        seconds: the length of the rest; None: DEFAULT_REST_SECONDS.
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
        # A new end of a rest is not a change of state, but the account's page has to show it.
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
    """Stop an account because of a problem until an operator enables it.

    Args:
        account: the account.
        reason: a StateReason.
        detail: a sentence that describes the problem.
        by: the operator, None for the system.
    """
    change_account_state(
        account_id=account.pk, to=AccountState.QUARANTINED, reason=reason, detail=detail, by=by
    )

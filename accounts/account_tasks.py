"""Verbs for account tasks: what an account's lane is asked to do besides sending."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Account, AccountTask, AccountTaskKind, AccountTaskState
from accounts.states import STOPPED_STATES
from clocks import shared
from foundation.refusals import Refusal


def request_account_task(*, account: Account, kind: AccountTaskKind, by: Any = None) -> AccountTask:
    """Ask an account's lane to do something; an open request of the same kind is joined.

    Raises:
        Refusal: the account is quarantined or disabled.
    """
    if account.state in STOPPED_STATES:
        raise Refusal(
            _("Account %(uin)s is %(state)s (%(reason)s). Enable it first.")
            % {
                "uin": account.uin,
                "state": account.get_state_display(),
                "reason": account.state_detail or account.get_state_reason_display(),
            },
            code="not_working",
            uin=account.uin,
        )
    try:
        with transaction.atomic():
            return AccountTask.objects.create(account=account, kind=kind, requested_by=by)
    except IntegrityError:
        return AccountTask.objects.get(account=account, kind=kind, state=AccountTaskState.OPEN)


def finish_account_task(*, account_task_id: int, is_done: bool, outcome: str) -> None:
    """Close an account task with its outcome in words."""
    AccountTask.objects.filter(pk=account_task_id, state=AccountTaskState.OPEN).update(
        state=AccountTaskState.DONE if is_done else AccountTaskState.FAILED,
        outcome=outcome,
        finished_at=shared.wall(),
    )


def fail_open_account_tasks(*, account_id: int, outcome: str) -> None:
    """Close all of an account's account tasks because it cannot work."""
    AccountTask.objects.filter(account_id=account_id, state=AccountTaskState.OPEN).update(
        state=AccountTaskState.FAILED, outcome=outcome, finished_at=shared.wall()
    )

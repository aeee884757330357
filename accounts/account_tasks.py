"""Services for account tasks: requesting one, and storing its outcome."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Account, AccountTask, AccountTaskKind, AccountTaskState
from accounts.states import STOPPED_STATES
from clocks import shared
from foundation.refusals import Refusal


def request_account_task(*, account: Account, kind: AccountTaskKind, by: Any = None) -> AccountTask:
    """Request a task of an account's lane; return the open task of this kind if there is one.

    Args:
        account: the account.
        kind: what it has to do.
        by: the operator.

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
    """Close an open account task.

    Args:
        account_task_id: the task; a closed one is not changed.
        is_done: whether it succeeded.
        outcome: a sentence for the operator.
    """
    AccountTask.objects.filter(pk=account_task_id, state=AccountTaskState.OPEN).update(
        state=AccountTaskState.DONE if is_done else AccountTaskState.FAILED,
        outcome=outcome,
        finished_at=shared.wall(),
    )


def fail_open_account_tasks(*, account_id: int, outcome: str) -> None:
    """Close all open tasks of an account as failed, with the same outcome."""
    AccountTask.objects.filter(account_id=account_id, state=AccountTaskState.OPEN).update(
        state=AccountTaskState.FAILED, outcome=outcome, finished_at=shared.wall()
    )

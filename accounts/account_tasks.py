"""Services for account tasks: requesting one, and storing its outcome."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Account, AccountTask, AccountTaskKind, AccountTaskState
from accounts.states import STOPPED_STATES
from clocks import shared
from foundation.queries import CHUNK
from foundation.refusals import Refusal

#: Tasks that make one request at a time between messages.
BACKGROUND_KINDS = frozenset(
    {
        AccountTaskKind.ACCEPT,
        AccountTaskKind.REFUSE,
        AccountTaskKind.STATUS,
        AccountTaskKind.PRESENCE,
        AccountTaskKind.INFO,
        AccountTaskKind.ADD,
        AccountTaskKind.ASK,
        AccountTaskKind.REMOVE,
        AccountTaskKind.FIND,
    }
)


def request_account_task(
    *, account: Account, kind: AccountTaskKind, uin: int = 0, text: str = "", by: Any = None
) -> AccountTask:
    """Request a task of an account's lane; return the open task of this kind if there is one.

    Args:
        account: the account.
        kind: what it has to do.
        uin: the person it is about; 0 for none.
        text: what is told to the person.
        by: the operator.

    Raises:
        Refusal: the account is quarantined or disabled.
    """
    refuse_stopped(account)
    values = {
        "text": text,
        "requested_by": by,
        "is_background": kind in BACKGROUND_KINDS,
    }
    try:
        with transaction.atomic():
            return AccountTask.objects.create(account=account, kind=kind, uin=uin, **values)
    except IntegrityError:
        mine = AccountTask.objects.open().filter(account=account, kind=kind, uin=uin)
        if kind not in BACKGROUND_KINDS:
            # An operator waits for it: what was to be done between messages is done now.
            mine.update(is_background=False, not_before=None)
        found: AccountTask = mine.get()
        return found


def request_in_background(*, account_ids: Collection[int], kind: AccountTaskKind) -> None:
    """Request a background task of each of these accounts that works and has no such task."""
    working = Account.objects.working().filter(pk__in=list(account_ids))
    AccountTask.objects.bulk_create(
        [
            AccountTask(account_id=account_id, kind=kind, is_background=True)
            for account_id in working.order_by("pk").values_list("pk", flat=True)
        ],
        ignore_conflicts=True,
        batch_size=CHUNK,
    )


def refuse_stopped(account: Account) -> None:
    """Refuse an account that does nothing until an operator enables it.

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

"""The service that changes the status which an account shows its friends."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from accounts.account_tasks import refuse_stopped, request_account_task
from accounts.models import Account, AccountTask, AccountTaskKind, Session
from accounts.states import STOPPED_STATES, PresenceStatus


def show_status(*, account: Account, status: PresenceStatus, by: Any = None) -> AccountTask | None:
    """Have an account show its friends a status: now if it is logged in, else from its next login.

    Args:
        account: the account.
        status: online, busy or invisible.
        by: the operator.

    Returns:
        the task of its lane; None if it is not logged in.

    Raises:
        Refusal: the account is quarantined or disabled.
    """
    refuse_stopped(account)
    with transaction.atomic():
        # The lock orders this with the lane, which reads the status again before it closes a task.
        locked = Account.objects.select_for_update().get(pk=account.pk)
        if locked.presence != status:
            locked.presence = status
            locked.save(update_fields=["presence"])
        account.presence = status
        return tell_status(account=account, by=by)


def tell_status(*, account: Account, by: Any = None) -> AccountTask | None:
    """Request that the gateway is told an account's status, which has just been stored.

    Returns:
        the task; None if the account is not logged in, or stopped: its next login tells it.
    """
    if account.state in STOPPED_STATES:
        return None
    if not Session.objects.filter(account=account, ended_at=None).exists():
        return None
    return request_account_task(account=account, kind=AccountTaskKind.STATUS, by=by)

"""Perform an account's open account tasks, in the lane that holds its lease."""

from __future__ import annotations

from accounts.account_tasks import finish_account_task
from accounts.gateway.conversation import Conversation
from accounts.gateway.friends import sync_friends
from accounts.gateway.lane_stops import LaneMustStop
from accounts.models import AccountTask, AccountTaskKind
from clocks import shared
from foundation.database_turn import database_turn
from foundation.sentences import Sentence as _

#: The order in which tasks are performed.
ORDER = (AccountTaskKind.LOGIN, AccountTaskKind.SYNC, AccountTaskKind.LOGOUT)


def perform_account_tasks(*, conversation: Conversation) -> bool:
    """Perform the account's open tasks of these kinds; return whether there were any.

    A task that fails for a temporary reason stays open for the next lane.

    Raises:
        LaneMustStop: the account cannot continue.
        qqhttp.NeverLeft: the gateway cannot be reached.
    """
    with database_turn():
        account_tasks = list(
            AccountTask.objects.due(at=shared.now()).filter(
                account_id=conversation.account.pk, is_background=False
            )
        )
    account_tasks.sort(key=lambda account_task: ORDER.index(AccountTaskKind(account_task.kind)))
    for account_task in account_tasks:
        try:
            outcome = _perform(conversation, AccountTaskKind(account_task.kind))
        except LaneMustStop as stop:
            if stop.retry_seconds is None:
                with database_turn():
                    finish_account_task(
                        account_task_id=account_task.pk, is_done=False, outcome=stop.sentence
                    )
            raise
        with database_turn():
            finish_account_task(account_task_id=account_task.pk, is_done=True, outcome=outcome)
    return bool(account_tasks)


def _perform(conversation: Conversation, kind: AccountTaskKind) -> str:
    if kind == AccountTaskKind.LOGIN:
        conversation.log_in()
        return _("Logged in.")
    if kind == AccountTaskKind.SYNC:
        return sync_friends(conversation=conversation)
    conversation.log_out()
    return _("Logged out.")

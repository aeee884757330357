"""The verb that does an account's open account tasks, in the lane that holds its lease."""

from __future__ import annotations

from accounts.account_tasks import finish_account_task
from accounts.gateway.conversation import Conversation, LaneMustStop
from accounts.models import AccountTask, AccountTaskKind, AccountTaskState
from foundation.database_turn import database_turn
from foundation.sentences import Sentence as _

#: What an account is asked to do, in the order it is done in.
ORDER = (AccountTaskKind.LOGIN, AccountTaskKind.SYNC, AccountTaskKind.LOGOUT)


def perform_account_tasks(*, conversation: Conversation) -> bool:
    """Do what the account is asked to do; return whether there was anything.

    An account task that cannot be done now for a reason that passes stays open for the next lane.

    Raises:
        LaneMustStop: the account cannot go on.
        qqhttp.NeverLeft: the gateway cannot be reached.
    """
    with database_turn():
        account_tasks = list(
            AccountTask.objects.filter(
                account_id=conversation.account.pk, state=AccountTaskState.OPEN
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
        return conversation.sync_friends()
    conversation.log_out()
    return _("Logged out.")

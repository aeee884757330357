"""Show an account's own status to its friends (Change_Stat)."""

from __future__ import annotations

from functools import partial

from accounts.gateway.conversation import Conversation
from accounts.gateway.lane_stops import TaskPostponed
from accounts.gateway.task_outcomes import Done, Outcome
from accounts.gateway.task_requests import send_for_task
from accounts.models import Account, AccountTask
from foundation.database_turn import database_turn
from foundation.sentences import Sentence as _
from qqhttp import ChangeStat


def show_status(conversation: Conversation, account_task: AccountTask) -> Outcome:
    """Set the status that the account's row has now.

    RES=3 means that the status was changed too often (the reference names no other cause); the task
    then waits. If an operator chose another status meanwhile, the task goes on with that one.
    """
    with database_turn():
        conversation.account.refresh_from_db(fields=("presence",))
    shown = conversation.account.presence
    if not conversation.find_session():
        return Done(_("The account is not logged in. Its status is set at the next login."))
    send_for_task(
        conversation=conversation,
        account_task=account_task,
        make=lambda seq: ChangeStat(seq=seq, uin=conversation.account.uin, st=shown),
        is_marked=False,
    )
    return Done(_("The status is set."), partial(_refuse_changed, conversation.account.pk, shown))


def _refuse_changed(account_id: int, shown: int) -> None:
    """Leave the task open if the operator chose another status meanwhile.

    The row is locked, so a change is either seen here or finds the task closed.

    Raises:
        TaskPostponed: the status is another one now.
    """
    now = Account.objects.select_for_update().values_list("presence", flat=True).get(pk=account_id)
    if now != shown:
        raise TaskPostponed(_("The status was changed again."), retry_seconds=0.0, counts=False)

"""Ask which friends are online (Query_Stat), and store their presence, nickname and face."""

from __future__ import annotations

from functools import partial

from accounts.gateway.conversation import Conversation
from accounts.gateway.task_outcomes import Done, Outcome
from accounts.gateway.task_requests import send_for_task
from accounts.models import AccountTask
from accounts.presences import store_online_friends
from foundation.database_turn import database_turn
from foundation.sentences import Sentence as _
from qqhttp import QueryStat

#: The smallest TN that is sent (the reference's own). TN=0 would be answered twice.
SMALLEST_ROOM = 50


def query_presence(conversation: Conversation, account_task: AccountTask) -> Outcome:
    """Ask who is online, with room for every friend; the others count as offline."""
    account = conversation.account
    with database_turn():
        account.refresh_from_db(fields=("friend_count",))
    reply = send_for_task(
        conversation=conversation,
        account_task=account_task,
        make=lambda seq: QueryStat(
            seq=seq, uin=account.uin, tn=max(SMALLEST_ROOM, 2 * (account.friend_count or 0))
        ),
        is_marked=False,
    )
    is_complete = reply.count is None or len(reply.presences) >= reply.count
    return Done(
        _("%(n)d friends are online.") % {"n": len(reply.presences)},
        partial(
            store_online_friends,
            account_id=account.pk,
            presences=reply.presences,
            is_complete=is_complete,
        ),
    )

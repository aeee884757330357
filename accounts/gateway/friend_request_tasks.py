"""Tell the gateway the answer to a friend request (Ack_AddToList with CD=0 and CD=1)."""

from __future__ import annotations

from functools import partial

from accounts.friend_requests.settle import let_request_wait, settle_request
from accounts.gateway.conversation import Conversation
from accounts.gateway.task_outcomes import Done, Failed, Outcome
from accounts.gateway.task_requests import SeqForgotten, send_for_task
from accounts.models import AccountTask, AccountTaskKind
from foundation.sentences import Sentence as _
from qqhttp import AckAddToList, Verdict

_VERDICTS = {
    AccountTaskKind.ACCEPT: Verdict.ACCEPT,
    AccountTaskKind.REFUSE: Verdict.REJECT,
}


def answer_friend_request(conversation: Conversation, account_task: AccountTask) -> Outcome:
    """Answer a friend request, once, and store that it is answered."""
    kind = AccountTaskKind(account_task.kind)
    try:
        send_for_task(
            conversation=conversation,
            account_task=account_task,
            make=lambda seq: AckAddToList(
                seq=seq,
                uin=conversation.account.uin,
                un=account_task.uin,
                cd=_VERDICTS[kind],
                rs=account_task.text,
            ),
            is_marked=True,
        )
    except SeqForgotten:
        # Whether an acceptance arrived shows in the friend list; until then the request waits.
        return give_up_answer(
            account_task,
            _("It is not known whether the gateway took the answer: it never confirmed it."),
        )
    sentence = _("Accepted.") if kind == AccountTaskKind.ACCEPT else _("Refused.")
    return Done(
        sentence,
        partial(
            settle_request, account_id=account_task.account_id, uin=account_task.uin, kind=kind
        ),
    )


def give_up_answer(account_task: AccountTask, sentence: str) -> Failed:
    """Let the friend request wait for an operator again; return the outcome."""
    return Failed(
        sentence,
        partial(
            let_request_wait,
            account_id=account_task.account_id,
            uin=account_task.uin,
            sentence=sentence,
        ),
    )

"""Make and end a friendship (AddToList, Ack_AddToList with CD=2, DelFromList)."""

from __future__ import annotations

from functools import partial

from accounts.account_tasks import request_in_background
from accounts.friend_links.settle import settle_link
from accounts.gateway.conversation import Conversation
from accounts.gateway.lane_stops import TaskGone, TaskPostponed
from accounts.gateway.task_outcomes import Done, Failed, Outcome
from accounts.gateway.task_requests import SeqForgotten, send_for_task
from accounts.models import AccountTask, AccountTaskKind, FriendLink
from accounts.querysets import FriendLinkQuerySet
from accounts.states import FriendLinkState
from foundation.database_turn import database_turn
from foundation.sentences import Sentence as _
from foundation.sentences import sentence_of
from qqhttp import AckAddToList, AddToList, Consent, DelFromList, TooFast, Verdict


def add_friend(conversation: Conversation, account_task: AccountTask) -> Outcome:
    """Ask the gateway to add a person: it adds them, says that they must be asked, or refuses."""
    link_id = _open_link(account_task)
    try:
        reply = send_for_task(
            conversation=conversation,
            account_task=account_task,
            make=lambda seq: AddToList(seq=seq, uin=conversation.account.uin, un=account_task.uin),
            is_marked=True,
        )
    except SeqForgotten:
        return _let_list_tell(account_task, link_id)
    if reply.consent == Consent.ADDED:
        return _made(account_task, link_id, _("The person is a friend now."))
    if reply.consent == Consent.NEEDS_VERIFICATION:
        return Done(_("The person has to be asked."), partial(_request_asking, account_task))
    if reply.is_refused:
        sentence = _("The person accepts no friend requests.")
        return Done(sentence, partial(_settle, link_id, FriendLinkState.REFUSED, sentence))
    return give_up_link(account_task, _("The gateway's answer is not known (CD)."))


def ask_person(conversation: Conversation, account_task: AccountTask) -> Outcome:
    """Ask a person to be a friend.

    The reference has it sent twice: one of the two is answered RES=3 after 20 s and lost, the other
    RES=0, and arrives. So RES=3 is followed by a second request at once, and RES=0 ends it.
    """
    link_id = _open_link(account_task)
    try:
        send_for_task(
            conversation=conversation,
            account_task=account_task,
            make=lambda seq: AckAddToList(
                seq=seq,
                uin=conversation.account.uin,
                un=account_task.uin,
                cd=Verdict.ASK,
                rs=account_task.text,
            ),
            is_marked=True,
        )
    except TooFast as error:
        if account_task.tries:
            raise
        raise TaskPostponed(error.sentence, retry_seconds=0.0) from None
    except SeqForgotten:
        sentence = _("It is not known whether the person was asked: the gateway never confirmed.")
        return Done(sentence, partial(_settle, link_id, FriendLinkState.ASKED, sentence))
    sentence = _("The person was asked.")
    return Done(sentence, partial(_settle, link_id, FriendLinkState.ASKED, sentence))


def remove_friend(conversation: Conversation, account_task: AccountTask) -> Outcome:
    """Remove a friend. A repetition is answered RES=3 after 30 s; then the friend list decides."""
    link_id = _open_link(account_task)
    try:
        send_for_task(
            conversation=conversation,
            account_task=account_task,
            make=lambda seq: DelFromList(
                seq=seq, uin=conversation.account.uin, un=account_task.uin
            ),
            is_marked=True,
        )
    except (TooFast, SeqForgotten):
        return _let_list_tell(account_task, link_id)
    return _made(account_task, link_id, _("The person is no friend any more."))


def give_up_link(account_task: AccountTask, sentence: str) -> Failed:
    """Let the friend link fail; return the outcome."""
    kept = sentence_of(sentence)
    with database_turn():
        link = _links(account_task).first()
    if link is None:
        return Failed(kept)
    return Failed(kept, partial(_settle, link.pk, FriendLinkState.FAILED, kept))


def _links(account_task: AccountTask) -> FriendLinkQuerySet:
    return FriendLink.objects.unsettled().filter(
        account_id=account_task.account_id, uin=account_task.uin
    )


def _open_link(account_task: AccountTask) -> int:
    """Return the task's friend link.

    Raises:
        TaskGone: it is settled or erased; the task was closed.
    """
    with database_turn():
        link = _links(account_task).first()
        if link is None:
            AccountTask.objects.open().filter(pk=account_task.pk).delete()
            raise TaskGone
    return int(link.pk)


def _settle(link_id: int, to: FriendLinkState, sentence: str) -> None:
    settle_link(link_id=link_id, to=to, sentence=sentence)


def _made(account_task: AccountTask, link_id: int, sentence: str) -> Done:
    def store() -> None:
        _settle(link_id, FriendLinkState.DONE, sentence)
        request_in_background(account_ids=[account_task.account_id], kind=AccountTaskKind.SYNC)

    return Done(sentence, store)


def _let_list_tell(account_task: AccountTask, link_id: int) -> Done:
    sentence = _("The gateway did not confirm it. The friend list will tell.")

    def store() -> None:
        _settle(link_id, FriendLinkState.ASKED, sentence)
        request_in_background(account_ids=[account_task.account_id], kind=AccountTaskKind.SYNC)

    return Done(sentence, store)


def _request_asking(account_task: AccountTask) -> None:
    AccountTask.objects.bulk_create(
        [
            AccountTask(
                account_id=account_task.account_id,
                kind=AccountTaskKind.ASK,
                uin=account_task.uin,
                text=account_task.text,
                requested_by_id=account_task.requested_by_id,
                is_background=True,
            )
        ],
        ignore_conflicts=True,
    )

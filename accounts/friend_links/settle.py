"""Store what became of friend links: the gateway's and the person's answers, and friend lists."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from accounts.models import FriendLink, FriendLinkKind, InboundKind, InboundMessage
from accounts.states import FriendLinkState
from clocks import shared
from foundation.sentences import Sentence as _


def settle_link(*, link_id: int, to: str, sentence: str = "", answer: str = "") -> None:
    """Move a friend link; one that is settled is not changed.

    Args:
        link_id: the friend link.
        to: a FriendLinkState.
        sentence: what happened, for the operator.
        answer: what the person said.
    """
    values: dict[str, object] = {"detail": sentence}
    if to != FriendLinkState.ASKED:
        values["finished_at"] = shared.wall()
    if answer:
        values["answer"] = answer
    FriendLink.objects.filter(pk=link_id).transition(to=to, **values)


def settle_links(*, account_id: int, friends: Collection[int], is_complete: bool) -> None:
    """Settle the friend links of an account by its friend list, which was just read.

    Args:
        account_id: the account.
        friends: the friends listed.
        is_complete: whether these are all.
    """
    for link in FriendLink.objects.unsettled().filter(account_id=account_id):
        is_friend = link.uin in friends
        if link.kind == FriendLinkKind.ADD and is_friend:
            settle_link(
                link_id=link.pk,
                to=FriendLinkState.DONE,
                sentence=_("The friend list shows the person."),
            )
        elif link.kind == FriendLinkKind.REMOVE and not is_friend and is_complete:
            settle_link(
                link_id=link.pk,
                to=FriendLinkState.DONE,
                sentence=_("The friend list no longer shows the person."),
            )


def settle_links_by_messages(messages: Sequence[InboundMessage]) -> None:
    """Settle friend links by what people answered: MT=3 accepted, MT=4 refused."""
    answers = {
        (message.account_id, message.uin): message
        for message in messages
        if message.kind in (InboundKind.ACCEPTED, InboundKind.REFUSED)
    }
    if not answers:
        return
    links = FriendLink.objects.unsettled().filter(
        kind=FriendLinkKind.ADD,
        account__in={account_id for account_id, _uin in answers},
        uin__in={uin for _account, uin in answers},
    )
    for link in links:
        message = answers.get((link.account_id, link.uin))
        if message is None:
            continue
        is_accepted = message.kind == InboundKind.ACCEPTED
        settle_link(
            link_id=link.pk,
            to=FriendLinkState.DONE if is_accepted else FriendLinkState.REFUSED,
            sentence=_("The person accepted.") if is_accepted else _("The person refused."),
            answer=message.text.strip(),
        )

"""Store what became of friend requests: the gateway's answers, and what friend lists show."""

from __future__ import annotations

from collections.abc import Collection

from accounts.account_tasks import request_in_background
from accounts.models import AccountTaskKind, FriendRequest
from accounts.querysets import FriendRequestQuerySet
from accounts.states import FriendRequestState
from clocks import shared
from foundation.queries import chunks
from foundation.sentences import Sentence as _

_DECIDED_TO = {
    AccountTaskKind.ACCEPT: FriendRequestState.ACCEPTED,
    AccountTaskKind.REFUSE: FriendRequestState.REFUSED,
}
_DECIDING = (FriendRequestState.ACCEPTING, FriendRequestState.REFUSING)


def settle_request(*, account_id: int, uin: int, kind: AccountTaskKind) -> None:
    """Store that the gateway took the answer to a friend request.

    After an acceptance the friend list is read again, so that the new friend can be written to.
    """
    _deciding(account_id, uin).transition(
        to=_DECIDED_TO[kind], finished_at=shared.wall(), detail=""
    )
    if kind == AccountTaskKind.ACCEPT:
        request_in_background(account_ids=[account_id], kind=AccountTaskKind.SYNC)


def let_request_wait(*, account_id: int, uin: int, sentence: str) -> None:
    """Let a friend request wait for an operator again: the gateway did not take the answer."""
    _deciding(account_id, uin).transition(
        to=FriendRequestState.WAITING, by=None, decided_at=None, detail=sentence
    )


def settle_requests_of_friends(*, account_id: int, uins: Collection[int]) -> None:
    """Store that people who asked are friends: the friend list shows it, whoever did it."""
    waiting = FriendRequest.objects.filter(account_id=account_id).waiting()
    asked = set(waiting.values_list("uin", flat=True)) if waiting.exists() else set()
    for chunk in chunks(sorted(asked & set(uins))):
        waiting.filter(uin__in=chunk).transition(
            to=FriendRequestState.ACCEPTED,
            finished_at=shared.wall(),
            detail=_("The friend list shows the person."),
        )


def _deciding(account_id: int, uin: int) -> FriendRequestQuerySet:
    return FriendRequest.objects.filter(account_id=account_id, uin=uin, state__in=_DECIDING)

"""Services that accept and refuse friend requests. The account's lane tells the gateway."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from accounts.account_tasks import refuse_stopped, request_account_task
from accounts.models import AccountTask, AccountTaskKind, FriendRequest
from accounts.states import FriendRequestState
from clocks import shared
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _

#: The longest reason of a refusal, characters: the protocol names no limit.
LONGEST_REASON = 200


def accept_friend_request(*, request: FriendRequest, by: Any = None) -> AccountTask:
    """Accept a friend request; return the task of the account's lane, which tells the gateway.

    Raises:
        Refusal: it was decided already (`already_decided`), or the account does not work.
    """
    return _decide(request, to=FriendRequestState.ACCEPTING, kind=AccountTaskKind.ACCEPT, by=by)


def refuse_friend_request(
    *, request: FriendRequest, reason: str = "", by: Any = None
) -> AccountTask:
    """Refuse a friend request; see `accept_friend_request`.

    Args:
        request: the request.
        reason: what the person is told.
        by: the operator.

    Raises:
        Refusal: it was decided already, the account does not work, or the reason is too long.
    """
    said = reason.strip()
    if len(said) > LONGEST_REASON:
        raise Refusal(
            _("The reason has %(n)d characters; at most %(most)d can be told.")
            % {"n": len(said), "most": LONGEST_REASON},
            code="reason_too_long",
        )
    return _decide(
        request, to=FriendRequestState.REFUSING, kind=AccountTaskKind.REFUSE, by=by, reason=said
    )


def _decide(
    request: FriendRequest, *, to: str, kind: AccountTaskKind, by: Any, reason: str = ""
) -> AccountTask:
    account = request.account
    refuse_stopped(account)
    with transaction.atomic():
        mine = FriendRequest.objects.waiting().filter(pk=request.pk)
        if not mine.transition(to=to, by=by, reason=reason, decided_at=shared.wall(), detail=""):
            raise Refusal(
                _("The friend request of %(uin)d to %(account)s was decided already.")
                % {"uin": request.uin, "account": account.uin},
                code="already_decided",
                uin=request.uin,
            )
        return request_account_task(account=account, kind=kind, uin=request.uin, text=reason, by=by)

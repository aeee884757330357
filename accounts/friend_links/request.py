"""The services that ask a person to be a friend, and that remove a friend."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts.account_tasks import refuse_stopped, request_account_task
from accounts.models import (
    Account,
    AccountTask,
    AccountTaskKind,
    Friend,
    FriendLink,
    FriendLinkKind,
)
from clocks import shared
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from foundation.uins import UIN_MAX, UIN_MIN

#: The longest texts, characters.
LONGEST_PURPOSE, LONGEST_TEXT = 200, 200


def request_friend(
    *, account: Account, uin: int, purpose: str, text: str = "", by: Any = None
) -> AccountTask:
    """Have an account ask one person to be its friend; return the task of its lane.

    Args:
        account: the account.
        uin: the person.
        purpose: why; kept with the request.
        text: what the person is told if they have to be asked.
        by: the operator.

    Raises:
        Refusal: no purpose, a friend already, an open request, or the day's ceiling is reached.
    """
    _refuse_wrong(account, uin, purpose, text)
    if Friend.objects.current().filter(account=account, uin=uin).exists():
        raise Refusal(
            _("%(uin)d is a friend of account %(account)s already.")
            % {"uin": uin, "account": account.uin},
            code="already_friend",
        )
    return _request(account, uin, FriendLinkKind.ADD, purpose=purpose, text=text, by=by)


def request_removal(*, account: Account, uin: int, purpose: str, by: Any = None) -> AccountTask:
    """Have an account remove one friend; see `request_friend`.

    Raises:
        Refusal: no purpose, no friend, an open request, or the day's ceiling is reached.
    """
    _refuse_wrong(account, uin, purpose, "")
    if not Friend.objects.current().filter(account=account, uin=uin).exists():
        raise Refusal(
            _("%(uin)d is no friend of account %(account)s.")
            % {"uin": uin, "account": account.uin},
            code="no_friend",
        )
    return _request(account, uin, FriendLinkKind.REMOVE, purpose=purpose, text="", by=by)


def link_of(*, account: Account, uin: int) -> FriendLink:
    """Return the latest friend link of an account with a person."""
    found: FriendLink = FriendLink.objects.filter(account=account, uin=uin).latest("pk")
    return found


def _refuse_wrong(account: Account, uin: int, purpose: str, text: str) -> None:
    refuse_stopped(account)
    if not purpose.strip():
        raise Refusal(_("Say why: the reason is kept with the request."), code="no_purpose")
    if len(purpose) > LONGEST_PURPOSE or len(text) > LONGEST_TEXT:
        raise Refusal(
            _("A text is too long: at most %(most)d characters.") % {"most": LONGEST_TEXT},
            code="text_too_long",
        )
    if not UIN_MIN <= uin <= UIN_MAX or uin == account.uin:
        raise Refusal(_("%(uin)d cannot be a friend.") % {"uin": uin}, code="bad_uin")


def _request(
    account: Account, uin: int, kind: FriendLinkKind, *, purpose: str, text: str, by: Any
) -> AccountTask:
    with transaction.atomic():
        # The lock makes two requests count each other.
        Account.objects.select_for_update().defer("credential").get(pk=account.pk)
        since = shared.wall() - timedelta(days=1)
        today = FriendLink.objects.filter(account=account, requested_at__gte=since).count()
        most = settings.QQ_FRIEND_CHANGES_PER_DAY
        if today >= most:
            raise Refusal(
                _("Account %(account)s changed %(n)d friendships in a day; at most %(most)d.")
                % {"account": account.uin, "n": today, "most": most},
                code="ceiling_reached",
            )
        try:
            with transaction.atomic():
                FriendLink.objects.create(
                    account=account, uin=uin, kind=kind, purpose=purpose.strip(),
                    text=text.strip(), by=by, requested_at=shared.wall(),
                )  # fmt: skip
        except IntegrityError:
            raise Refusal(
                _("Another request with %(uin)d is open.") % {"uin": uin}, code="open_request"
            ) from None
        return request_account_task(
            account=account, kind=AccountTaskKind(kind.value), uin=uin, text=text.strip(), by=by
        )

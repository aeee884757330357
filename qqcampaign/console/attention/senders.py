"""Accounts and friend requests that need somebody."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import Count, Min
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Account, FriendEvent, FriendEventKind, FriendRequest
from accounts.states import AccountState
from clocks import shared
from foundation.restricted import asking, may_open
from qqcampaign.console.attention.item import AttentionItem, Kind
from qqcampaign.console.attention.part import friends_address

#: Number of accounts of a kind that get an item each.
NAMED_ACCOUNTS = 3


def quarantined() -> list[AttentionItem]:
    """Return the accounts in quarantine: the latest by name and reason, the others as a number."""
    found = Account.objects.filter(state=AccountState.QUARANTINED)
    named = found.order_by("-state_changed_at", "-pk")[:NAMED_ACCOUNTS]
    items = [
        AttentionItem(
            Kind.QUARANTINED,
            _("Account %(account)s is in quarantine: %(why)s")
            % {
                "account": account,
                "why": account.state_detail or account.get_state_reason_display(),
            },
            _("Check account"),
            reverse("admin:accounts_account_change", args=[account.pk]),
            since=account.state_changed_at,
        )
        for account in named
    ]
    more = found.count() - NAMED_ACCOUNTS if len(items) == NAMED_ACCOUNTS else 0
    if more > 0:
        sentence = ngettext(
            "%(n)d more account is in quarantine and sends nothing.",
            "%(n)d more accounts are in quarantine and send nothing.",
            more,
        )
        address = f"{reverse('admin:accounts_account_changelist')}?state__exact=quarantined"
        items.append(
            AttentionItem(Kind.QUARANTINED, sentence % {"n": more}, _("Show accounts"), address)
        )
    return items


def lost_friends() -> list[AttentionItem]:
    """Return the accounts that lost many friends in the last day, the greatest losses first."""
    lost = (
        FriendEvent.objects.filter(
            kind=FriendEventKind.WENT, at__gte=shared.wall() - timedelta(days=1)
        )
        .values("account_id", "account__uin")
        .annotate(n=Count("pk"), first=Min("at"))
        .filter(n__gt=settings.QQ_FRIENDS_LOST_PER_DAY)
        .order_by("-n", "account_id")
    )
    return [
        AttentionItem(
            Kind.LOST_FRIENDS,
            ngettext(
                "Account %(uin)s lost %(n)d friend within a day.",
                "Account %(uin)s lost %(n)d friends within a day.",
                row["n"],
            )
            % {"uin": row["account__uin"], "n": row["n"]},
            _("Show friends"),
            friends_address(row["account_id"]),
            since=row["first"],
        )
        for row in lost[:NAMED_ACCOUNTS]
    ]


def friend_requests(*, may_decide: bool) -> list[AttentionItem]:
    """Return the friend requests that wait for an operator, as one item."""
    waiting = FriendRequest.objects.waiting().aggregate(
        n=Count("pk"), first=Min("received_at"), key=Min("pk")
    )
    if not waiting["n"]:
        return []
    sentence = ngettext(
        "%(n)d person waits for an answer to a friend request.",
        "%(n)d people wait for an answer to a friend request.",
        waiting["n"],
    )
    address = f"{reverse('admin:accounts_friendrequest_changelist')}?state__exact=waiting"
    if waiting["n"] == 1 and may_open(asking(), "accounts_friendrequest_change"):
        address = reverse("admin:accounts_friendrequest_change", args=[waiting["key"]])
    return [
        AttentionItem(
            Kind.FRIEND_REQUESTS,
            sentence % {"n": waiting["n"]},
            _("Decide") if may_decide else _("Show requests"),
            address,
            since=waiting["first"],
        )
    ]

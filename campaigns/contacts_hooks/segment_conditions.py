"""The segment conditions about accounts and campaigns, registered at start-up.

Friendships and replies are joined by UIN, deliveries by contact. Each join uses an index that
planning or the person's page also needs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy

from accounts.models import Account, Friend, InboundKind, InboundMessage
from campaigns.earlier_people import replies
from campaigns.models import Campaign, CampaignRun
from contacts.segments.kinds import Answer, Asking, Kind, Phrase, known, register_kind
from contacts.segments.people_kinds import among, time_ago
from contacts.segments.references import Reference, named_rows, register_reference
from sending.models import Delivery
from sending.states import DeliveryState
from tabular.uin_search import search_by_uin, uin_digits

_WITHIN, _LONGER_AGO = (
    gettext_lazy("within the last … days"),
    gettext_lazy("longer ago than … days"),
)


def friend_of(node: Mapping[str, Any], _asking: Asking) -> Answer:
    """{"kind": "friend_of", "accounts": [UIN, ...]}: a friend of one of these; empty: of any."""
    friends = Friend.objects.filter(uin=OuterRef("uin"), ended_at=None)
    if not node["accounts"]:
        return known(Q(Exists(friends)))

    def of_them(uins: Collection[int]) -> Q:
        return Q(Exists(friends.filter(account__uin__in=uins)))

    return among(node, key="accounts", of_known=of_them)


def got_campaign(node: Mapping[str, Any], _asking: Asking) -> Answer:
    """{"kind": "got", "campaigns": [id, ...]}: got a message of one of these campaigns."""

    def of_them(ids: Collection[int]) -> Q:
        sent = Delivery.objects.filter(contact=OuterRef("pk"), state=DeliveryState.SENT)
        runs = CampaignRun.objects.filter(campaign__in=ids).values("pk")
        return Q(Exists(sent.filter(run__in=runs)))

    return among(node, key="campaigns", of_known=of_them)


def replied_to_campaign(node: Mapping[str, Any], _asking: Asking) -> Answer:
    """{"kind": "replied_to", "campaigns": [id, ...]}: replied to one of these campaigns.

    They wrote to the account that sent them the message, which was the last one it sent them.
    """

    def of_them(ids: Collection[int]) -> Q:
        runs = CampaignRun.objects.filter(campaign__in=ids).values("pk")
        sent = Delivery.objects.filter(
            contact=OuterRef("pk"), state=DeliveryState.SENT, run__in=runs
        )
        return Q(Exists(sent.filter(Exists(replies()))))

    return among(node, key="campaigns", of_known=of_them)


def last_written(node: Mapping[str, Any], asking: Asking) -> Answer:
    """{"kind": "last_written", "is": "less_than"|"more_than"|"never", "days": n}.

    The condition on the time of the person's last message. "more_than": the person got at least one
    message, but none within these days.
    """
    sent = Delivery.objects.filter(contact=OuterRef("pk"), state=DeliveryState.SENT)
    return _when(node, asking, ever=sent, time="sent_at")


def never_reached(_node: Mapping[str, Any], _asking: Asking) -> Answer:
    """{"kind": "never_reached"}: the person had deliveries, and none was ever sent."""
    deliveries = Delivery.objects.filter(contact=OuterRef("pk"))
    sent = deliveries.filter(state=DeliveryState.SENT)
    return known(Q(Exists(deliveries)) & ~Q(Exists(sent)))


def replied(node: Mapping[str, Any], asking: Asking) -> Answer:
    """{"kind": "replied", "is": "ever"|"less_than"|"more_than"|"never", "days": n}.

    Whether the person wrote to one of the accounts; without "is": ever. "more_than": they did, but
    not within these days. Friend requests and the answers to them do not count.
    """
    wrote = InboundMessage.objects.filter(uin=OuterRef("uin"), kind=InboundKind.USER)
    return _when(node, asking, ever=wrote, time="received_at")


def online(node: Mapping[str, Any], asking: Asking) -> Answer:
    """{"kind": "online", "is": "now"|"less_than"|"never", "hours": n}: as the gateway told it.

    Of the friends of any account. "never": the person was never seen online; people who are no
    friends never are.
    """
    friends = Friend.objects.filter(uin=OuterRef("uin"), ended_at=None)
    if node["is"] == "never":
        return known(~Q(Exists(friends.filter(seen_online_at__isnull=False))))
    if node["is"] == "now":
        return known(Q(Exists(friends.online(at=asking.now))))
    since = asking.now - timedelta(hours=node["hours"])
    return known(Q(Exists(friends.seen_online(since=since, at=asking.now))))


def _when(node: Mapping[str, Any], asking: Asking, *, ever: Any, time: str) -> Answer:
    comparison = node["is"]
    if comparison in ("ever", "never"):
        found = Q(Exists(ever))
        return known(found if comparison == "ever" else ~found)
    recently = Q(Exists(ever.filter(**{f"{time}__gte": time_ago(node, asking)})))
    return known(recently if comparison == "less_than" else Q(Exists(ever)) & ~recently)


def _account_names(uins: Collection[int]) -> dict[int, str]:
    # A larger number is no UIN, and no column could hold it.
    asked = [uin for uin in uins if 0 < uin < 2**63]
    return {
        uin: f"{uin} {name}".strip()
        for uin, name in Account.objects.filter(uin__in=asked).values_list("uin", "name")
    }


def _account_found(text: str) -> int | None:
    digits = uin_digits(text)
    return int(digits) if digits and Account.objects.filter(uin=int(digits)).exists() else None


def _accounts_like(text: str, most: int) -> list[tuple[int, str]]:
    found: QuerySet[Account] = Account.objects.order_by("uin")
    if text:
        found = search_by_uin(found, text, also=["name__icontains"])
    return [(uin, f"{uin} {name}".strip()) for uin, name in found.values_list("uin", "name")[:most]]


def register_conditions() -> None:
    """Register these conditions with segments."""
    register_reference(
        Reference(
            "accounts",
            gettext_lazy("account"),
            _account_names,
            _account_found,
            _accounts_like,
            is_named=False,
        )
    )
    register_reference(named_rows("campaigns", gettext_lazy("campaign"), Campaign.objects.all()))
    for kind in _KINDS:
        register_kind(kind)


_KINDS = (
    Kind(
        name="friend_of",
        label=gettext_lazy("friend"),
        phrases=(
            Phrase("friend of any account", {"accounts": []}, gettext_lazy("of any account")),
            Phrase("friend of {accounts}", {}, gettext_lazy("of one of the accounts")),
        ),
        answer=friend_of,
        refers_to="accounts",
    ),
    Kind(
        name="last_written",
        label=gettext_lazy("last written to"),
        phrases=(
            Phrase("written to in [the] last {days} days|day|天", {"is": "less_than"}, _WITHIN),
            Phrase("written to more than {days} days|day|天 ago", {"is": "more_than"}, _LONGER_AGO),
            Phrase("never written to", {"is": "never"}, gettext_lazy("never")),
        ),
        answer=last_written,
    ),
    Kind(
        name="got",
        label=gettext_lazy("got a campaign"),
        phrases=(Phrase("got campaign : {campaigns}", {}, gettext_lazy("one of the campaigns")),),
        answer=got_campaign,
        refers_to="campaigns",
    ),
    Kind(
        name="replied_to",
        label=gettext_lazy("replied to a campaign"),
        phrases=(
            Phrase("replied to campaign : {campaigns}", {}, gettext_lazy("one of the campaigns")),
        ),
        answer=replied_to_campaign,
        refers_to="campaigns",
    ),
    Kind(
        name="replied",
        label=gettext_lazy("wrote to one of the accounts"),
        phrases=(
            Phrase("replied in [the] last {days} days|day|天", {"is": "less_than"}, _WITHIN),
            Phrase("replied more than {days} days|day|天 ago", {"is": "more_than"}, _LONGER_AGO),
            Phrase("never replied", {"is": "never"}, gettext_lazy("never")),
            Phrase("replied", {"is": "ever"}, gettext_lazy("ever")),
        ),
        answer=replied,
        usual="ever",
    ),
    Kind(
        name="online",
        label=gettext_lazy("online"),
        phrases=(
            Phrase(
                "online in [the] last {hours} hours|hour|小时",
                {"is": "less_than"},
                gettext_lazy("within the last … hours"),
            ),
            Phrase("online now", {"is": "now"}, gettext_lazy("now")),
            Phrase("never online", {"is": "never"}, gettext_lazy("never")),
        ),
        answer=online,
        usual="now",
    ),
    Kind(
        name="never_reached",
        label=gettext_lazy("has messages, none of them sent"),
        phrases=(Phrase("never reached", {}, gettext_lazy("yes")),),
        answer=never_reached,
    ),
)

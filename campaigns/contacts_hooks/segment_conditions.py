"""The segment conditions about accounts and campaigns, registered at start-up.

Friendships and replies are joined by UIN, deliveries by contact. Each join uses an index that
planning or the person's page also needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Exists, OuterRef, Q

from accounts.models import Friend, InboundKind, InboundMessage
from contacts.segments.conditions import days_ago, nonsense, register_condition, whole_numbers
from sending.models import Delivery
from sending.states import DeliveryState


def friend_of(node: Mapping[str, Any]) -> Q:
    """{"kind": "friend_of", "accounts": [UIN, ...]}: a friend of one of these; empty: of any."""
    uins = whole_numbers(node, "accounts")
    friends = Friend.objects.filter(uin=OuterRef("uin"), ended_at=None)
    if uins:
        friends = friends.filter(account__uin__in=uins)
    return Q(Exists(friends))


def last_written(node: Mapping[str, Any]) -> Q:
    """{"kind": "last_written", "is": "less_than"|"more_than"|"never", "days": n}.

    When the person last got a message. "more_than": at least one, but none within these days.
    """
    sent = Delivery.objects.filter(contact=OuterRef("pk"), state=DeliveryState.SENT)
    comparison = node.get("is")
    if comparison == "never":
        return ~Q(Exists(sent))
    if comparison not in ("less_than", "more_than"):
        raise nonsense(node)
    recently = Q(Exists(sent.filter(sent_at__gte=days_ago(node))))
    return recently if comparison == "less_than" else Q(Exists(sent)) & ~recently


def never_reached(_node: Mapping[str, Any]) -> Q:
    """{"kind": "never_reached"}: the person had deliveries, and none was ever sent."""
    deliveries = Delivery.objects.filter(contact=OuterRef("pk"))
    return Q(Exists(deliveries)) & ~Q(Exists(deliveries.filter(state=DeliveryState.SENT)))


def replied(node: Mapping[str, Any]) -> Q:
    """{"kind": "replied", "is": "ever"|"less_than"|"more_than"|"never", "days": n}.

    Whether the person wrote to one of the accounts; without "is": ever. "more_than": they did, but
    not within these days. Friend requests and the answers to them do not count.
    """
    wrote = InboundMessage.objects.filter(uin=OuterRef("uin"), kind=InboundKind.USER)
    comparison = node.get("is", "ever")
    if comparison in ("ever", "never"):
        ever = Q(Exists(wrote))
        return ever if comparison == "ever" else ~ever
    if comparison not in ("less_than", "more_than"):
        raise nonsense(node)
    recently = Q(Exists(wrote.filter(received_at__gte=days_ago(node))))
    return recently if comparison == "less_than" else Q(Exists(wrote)) & ~recently


def register_conditions() -> None:
    """Register these conditions with segments."""
    register_condition("friend_of", friend_of)
    register_condition("last_written", last_written)
    register_condition("never_reached", never_reached)
    register_condition("replied", replied)

"""What segments may ask of accounts and campaigns; registered by the app at its start.

People are tied to friendships and answers by UIN, to deliveries by contact: each look-up is served
by an index that planning or the person's page needs anyway.
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
    """{"kind": "friend_of", "accounts": [UIN, ...]}: of one of these; empty: of any account."""
    uins = whole_numbers(node, "accounts")
    friends = Friend.objects.filter(uin=OuterRef("uin"), ended_at=None)
    if uins:
        friends = friends.filter(account__uin__in=uins)
    return Q(Exists(friends))


def last_written(node: Mapping[str, Any]) -> Q:
    """{"kind": "last_written", "is": "less_than"|"more_than"|"never", "days": n}.

    "more_than" is: written to, but not within these days.
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
    """{"kind": "never_reached"}: there were messages for them, and none was ever sent."""
    deliveries = Delivery.objects.filter(contact=OuterRef("pk"))
    return Q(Exists(deliveries)) & ~Q(Exists(deliveries.filter(state=DeliveryState.SENT)))


def replied(node: Mapping[str, Any]) -> Q:
    """{"kind": "replied", "is": "ever"|"less_than"|"more_than"|"never", "days": n}.

    Who wrote to one of the accounts; without "is": ever. "more_than" is: they did, but not within
    these days. Requests for friendship, and their answers, are no replies.
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
    """Teach segments these kinds."""
    register_condition("friend_of", friend_of)
    register_condition("last_written", last_written)
    register_condition("never_reached", never_reached)
    register_condition("replied", replied)

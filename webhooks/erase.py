"""Erases a person from the outbox."""

from __future__ import annotations

from collections.abc import Collection

from webhooks.models import Message


def erase_from_outbox(uins: Collection[int]) -> int:
    """Delete all messages about people; return how many. What was sent cannot be called back."""
    count, _by_model = Message.objects.filter(uin__in=uins).delete()
    return count

"""What apps above add to a thread: messages that they sent to a person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from conversations.models import Conversation
from conversations.threads.message import Message

#: Rows with the time `at`, read newest first, and what makes a message of a row and its time.
Source = tuple[QuerySet[Any], Callable[[Any, datetime], Message]]

_sources: list[Callable[[Conversation], Source]] = []


def register_source(source: Callable[[Conversation], Source]) -> None:
    """Register what returns the further messages of a conversation."""
    if source not in _sources:
        _sources.append(source)


def further_sources() -> tuple[Callable[[Conversation], Source], ...]:
    """Return the registered sources, in their order: it decides between equal times."""
    return tuple(_sources)

"""What is done with inbound messages when they are stored. Higher apps register the handlers.

Handlers run in the transaction that stores the messages, so whoever sees a message sees what it
did. See docs/decisions/0034-inbound-messages.md.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q

from accounts.models import InboundMessage
from clocks import shared
from foundation.failures import is_shared_failure, traceback_without_messages
from foundation.queries import chunks

log = logging.getLogger(__name__)

InboundHandler: TypeAlias = Callable[[Sequence[InboundMessage]], None]

#: The most messages that one tick handles.
MOST_A_TICK = 200
#: How long a message that could not be handled waits for the next attempt: as long as it has waited
#: already, within these bounds.
SHORTEST_WAIT, LONGEST_WAIT = timedelta(seconds=2), timedelta(hours=1)

_handlers: list[InboundHandler] = []


def register_inbound_handler(handler: InboundHandler) -> None:
    """Have a handler called with all messages that are stored from now on.

    Args:
        handler: gets stored messages in the order of their arrival, of every kind and of several
            accounts. It is called within a transaction, and must not call the gateway. It may be
            called again with a message if that transaction was rolled back. It should use a few
            statements for all messages, because storing waits for it.
    """
    if handler not in _handlers:
        _handlers.append(handler)


def handle_inbound(messages: Sequence[InboundMessage]) -> None:
    """Call every handler with stored messages, and mark them as handled.

    If a handler fails, nothing that the handlers did remains, and each message is handled by
    itself. Those that fail stay unhandled, for `handle_those_left`. Called within the transaction
    that stored the messages.

    Raises:
        OperationalError, InterfaceError: the database is away; the transaction must be repeated.
    """
    if not messages or _is_handled(messages) or len(messages) == 1:
        return
    for message in messages:
        _is_handled([message])


def handle_those_left() -> None:
    """Handle stored messages that a handler failed for, each by itself; the tick calls it.

    Raises:
        OperationalError, InterfaceError: the database is away.
    """
    due = InboundMessage.objects.filter(handled=False).filter(
        Q(retry_at=None) | Q(retry_at__lte=shared.now())
    )
    for key in list(due.order_by("pk").values_list("pk", flat=True)[:MOST_A_TICK]):
        with transaction.atomic():
            # Another process may be handling it: the row is read again under its lock.
            message = (
                InboundMessage.objects.select_for_update(skip_locked=True)
                .filter(pk=key, handled=False)
                .first()
            )
            if message is not None and not _is_handled([message]):
                message.retry_at = _next_attempt(message)
                message.save(update_fields=["retry_at"])


def _is_handled(messages: Sequence[InboundMessage]) -> bool:
    try:
        with transaction.atomic():
            for handler in _handlers:
                handler(messages)
            keys = [message.pk for message in messages]
            for chunk in chunks(keys):
                InboundMessage.objects.filter(pk__in=chunk).update(handled=True)
    except Exception as problem:
        # A statement that is wrong in itself raises an OperationalError too.
        if isinstance(problem, (OperationalError, InterfaceError)) and is_shared_failure(problem):
            raise
        # Without the error's message, which may quote a text.
        trace = traceback_without_messages(problem)
        log.error("%d inbound messages could not be handled:\n%s", len(messages), trace)
        return False
    for message in messages:
        message.handled = True
    return True


def _next_attempt(message: InboundMessage) -> datetime:
    waited = shared.wall() - message.received_at
    return shared.now() + min(max(waited, SHORTEST_WAIT), LONGEST_WAIT)

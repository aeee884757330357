"""What tests of conversations share: messages that arrive, without a gateway."""

from __future__ import annotations

from datetime import datetime, timedelta

from accounts.inbound_handlers import handle_inbound
from accounts.models import Account, InboundKind, InboundMessage
from clocks import shared
from conversations.models import Conversation


def arrives(
    account: Account,
    *texts: str,
    sender: int,
    at: datetime | None = None,
    kind: int = InboundKind.USER,
) -> list[InboundMessage]:
    """Store and handle messages as one answer of the gateway."""
    moment = at or shared.wall()
    made = [
        InboundMessage.objects.create(
            account=account, uin=sender, kind=kind, text=text, received_at=moment, position=position
        )
        for position, text in enumerate(texts)
    ]
    handle_inbound(made)
    return made


def a_conversation(
    account: Account, *, sender: int, text: str = "你好", ago: float = 60.0
) -> Conversation:
    """Return the conversation of a person who wrote a text some seconds ago."""
    arrives(account, text, sender=sender, at=shared.wall() - timedelta(seconds=ago))
    found: Conversation = Conversation.objects.get(account=account, uin=sender)
    return found

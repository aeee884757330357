"""The service that returns the conversation of an account and a person, and makes it if needed."""

from __future__ import annotations

from accounts.models import Account
from clocks import shared
from conversations.keeping.inbound import update_conversations
from conversations.models import Conversation


def conversation_with(*, account: Account, uin: int) -> Conversation:
    """Return the conversation of an account and a person; a new one shows what is in the inbox."""
    row, is_new = Conversation.objects.get_or_create(
        account=account, uin=uin, defaults={"last_message_at": shared.wall()}
    )
    if is_new:
        update_conversations([(account.pk, uin)])
        row.refresh_from_db()
    found: Conversation = row
    return found

"""Writes the states of accounts, and what reaches their inboxes, into the outbox of webhooks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from accounts.models import Account, InboundKind, InboundMessage
from foundation.times import utc_iso
from webhooks.outbox.subscribers import subscribers
from webhooks.outbox.tell import Event, tell
from webhooks.states import EventKind


def tell_account_state(account_id: int) -> None:
    """Tell of the state that an account has just got."""
    if not subscribers(EventKind.ACCOUNT_STATE):
        return
    account = Account.objects.defer("credential").get(pk=account_id)
    data = {
        "account": account.uin,
        "state": str(account.state),
        "reason": str(account.state_reason),
        "changed_at": utc_iso(account.state_changed_at),
    }
    tell(EventKind.ACCOUNT_STATE, [Event(f"account:{account.uin}", data)])


def tell_messages(messages: Sequence[InboundMessage]) -> None:
    """Tell of messages from people; a handler of inbound messages."""
    if not subscribers(EventKind.MESSAGE_RECEIVED):
        return
    written = [message for message in messages if message.kind == InboundKind.USER]
    tell(EventKind.MESSAGE_RECEIVED, inbound_events(written))


def tell_friend_requests(messages: Iterable[InboundMessage]) -> None:
    """Tell of requests to be a friend."""
    if subscribers(EventKind.FRIEND_REQUEST):
        tell(EventKind.FRIEND_REQUEST, inbound_events(list(messages)))


def inbound_events(messages: Sequence[InboundMessage]) -> list[Event]:
    """Return events about items of inboxes, each about its person."""
    accounts = {message.account_id for message in messages}
    uins = dict(Account.objects.filter(pk__in=accounts).values_list("pk", "uin"))
    return [
        Event(
            about=f"person:{message.uin}",
            data={
                "message": message.pk,
                "uin": message.uin,
                "account": uins[message.account_id],
                "received_at": utc_iso(message.received_at),
            },
            texts={"text": message.text},
            uin=message.uin,
        )
        for message in messages
    ]

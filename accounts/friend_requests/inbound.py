"""Inbound messages about friendships: requests (MT=2), and what became of ours (MT=3, MT=4)."""

from __future__ import annotations

from collections.abc import Sequence

from accounts.account_tasks import request_in_background
from accounts.friend_links.settle import settle_links_by_messages
from accounts.friend_requests.known_people import known_people
from accounts.models import (
    Account,
    AccountTask,
    AccountTaskKind,
    FriendRequest,
    InboundKind,
    InboundMessage,
)
from accounts.states import STOPPED_STATES, FriendPolicy, FriendRequestState
from accounts.webhook_events import tell_friend_requests
from clocks import shared
from foundation.queries import chunks

#: The most rows of one statement.
CHUNK = 200


def handle_friend_messages(messages: Sequence[InboundMessage]) -> None:
    """Make friend requests of new inbound messages, and follow the answers to ours.

    Called in the transaction that stores the messages, once for each message. An account's policy
    decides at once; what it does not accept waits for an operator.
    """
    requests = [message for message in messages if message.kind == InboundKind.REQUEST]
    for chunk in chunks(requests, size=CHUNK):
        _take_requests(chunk)
    settle_links_by_messages(messages)
    accepted = {message.account_id for message in messages if message.kind == InboundKind.ACCEPTED}
    if accepted:
        request_in_background(account_ids=accepted, kind=AccountTaskKind.SYNC)


def _take_requests(messages: Sequence[InboundMessage]) -> None:
    # The latest message of a person counts: it may explain what the first did not.
    latest = {(message.account_id, message.uin): message for message in messages}
    accounts = Account.objects.in_bulk({account_id for account_id, _uin in latest})
    unsettled = FriendRequest.objects.unsettled().filter(
        account__in=accounts, uin__in={uin for _account, uin in latest}
    )
    known = {(one.account_id, one.uin): one for one in unsettled.select_for_update()}
    for key in known.keys() & latest.keys():
        _ask_again(known[key], latest[key])
    new = [latest[key] for key in latest.keys() - known.keys()]
    accepting = _accepted_by_policy(new, accounts)
    now = shared.wall()
    rows = [
        FriendRequest(
            account_id=message.account_id,
            uin=message.uin,
            text=message.text.strip(),
            received_at=message.received_at,
            message=message,
            state=(
                FriendRequestState.ACCEPTING
                if message.pk in accepting
                else FriendRequestState.WAITING
            ),
            decided_at=now if message.pk in accepting else None,
        )
        for message in new
    ]
    FriendRequest.objects.bulk_create(rows, batch_size=CHUNK)
    tell_friend_requests(latest[row.account_id, row.uin] for row in rows)
    AccountTask.objects.bulk_create(
        [
            AccountTask(
                account_id=row.account_id,
                kind=AccountTaskKind.ACCEPT,
                uin=row.uin,
                is_background=True,
            )
            for row in rows
            if row.state == FriendRequestState.ACCEPTING
        ],
        ignore_conflicts=True,
        batch_size=CHUNK,
    )


def _ask_again(request: FriendRequest, message: InboundMessage) -> None:
    FriendRequest.objects.filter(pk=request.pk).update(
        text=message.text.strip(), received_at=message.received_at, message=message
    )


def _accepted_by_policy(
    messages: Sequence[InboundMessage], accounts: dict[int, Account]
) -> set[int]:
    """Return the keys of the messages whose requests the accounts accept by their policies."""
    policies = {
        pk: account.friend_policy
        for pk, account in accounts.items()
        if account.state not in STOPPED_STATES
    }
    asking = {
        message.uin
        for message in messages
        if policies.get(message.account_id) == FriendPolicy.CONTACTS
    }
    known = known_people(asking) if asking else set()
    return {
        message.pk
        for message in messages
        if policies.get(message.account_id) == FriendPolicy.ALL
        or (policies.get(message.account_id) == FriendPolicy.CONTACTS and message.uin in known)
    }

"""Claim the inbox turns that are due, poll the gateway, and store what it returned.

See docs/decisions/0013-the-inbox.md.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts.inbound_handlers import handle_inbound
from accounts.leases.leases import hand_back_after_turns, take_leases_for_turns
from accounts.models import Account, InboundMessage, Session
from accounts.presences import PresenceChange, store_presence_changes
from accounts.querysets.session import WOKEN_LATELY
from accounts.states import AccountState, StateReason
from accounts.transitions import change_account_state
from clocks import shared
from foundation.kept_queries import KeptQuery
from foundation.queries import chunks
from metrics.catalogue import INBOX_DELAY
from qqhttp import GatewayClient, GatewayError, GetMsgEx, Message

#: The wait before the next poll, as a fraction of the heartbeat: random, so that polls spread; only
#: four values, so that few UPDATEs store a round.
PARTS = (0.8, 0.85, 0.9, 0.95)
#: An answer with this many messages may not be all of them: poll again after SOON_SECONDS.
FULL_ANSWER, SOON_SECONDS = 100, 1.0
#: After RES=3 the next poll waits this many heartbeats, because a penalty blocks the account for
#: 20 s.
HEARTBEATS_AFTER_TOO_FAST = 10
#: What a poll can end with; `-`: no request was made.
ACCEPTED, TOO_FAST, ENDED, UNREACHABLE, NOT_POLLED = "0", "3", "20", "unreachable", "-"
#: Rows per statement: SQLite accepts a limited number of parameters.
CHUNK = 200


@dataclass(frozen=True, slots=True)
class Turn:
    """One poll of an account's inbox.

    Attributes:
        token: the token of the lease that was taken for this poll; None if a lane polls.
        seq: the SEQ of the request.
    """

    account_id: int
    uin: int
    session_id: int
    heartbeat_seconds: int
    token: int | None
    seq: int


@dataclass(frozen=True, slots=True)
class Polled:
    """The result of a turn.

    Attributes:
        code: the result code, or NOT_POLLED.
        at: when the answer came or failed to come; shared time.
        received_at: the same moment in wall time. It is fixed, so that storing an answer a second
            time finds the rows of the first.
        pause: seconds until the account's next turn; None for as soon as possible.
        messages: the messages, oldest first.
        sentence: the error in words.
    """

    turn: Turn
    code: str
    at: datetime
    received_at: datetime
    pause: float | None
    messages: tuple[Message, ...] = ()
    sentence: str = ""


def first_poll_at(*, heartbeat_seconds: int) -> datetime:
    """Return the time of the first poll after a login: a random time within the heartbeat.

    Otherwise accounts that log in together would poll together from then on.
    """
    return shared.now() + timedelta(seconds=_spread(heartbeat_seconds))


def claim_turns(*, worker_id: int, egress_id: int, limit: int) -> list[Turn]:
    """Take the leases of accounts whose inbox is due. Each lease is for one poll, a turn.

    A turn holds the lease under a token of its own, so that no lane sends for the account meanwhile
    (rule 2). One query finds whether anything is due; a few statements take all leases and reserve
    the SEQs.

    Args:
        worker_id, egress_id: the worker and its egress.
        limit: the largest number of turns.
    """
    now = shared.now()
    rows = _inboxes_due(limit).rows(egress_id, now, now - WOKEN_LATELY)
    due: dict[int, tuple[Any, ...]] = {account_id: tuple(row) for account_id, *row in rows}
    if not due:
        return []
    taken = take_leases_for_turns(account_ids=list(due), worker_id=worker_id, egress_id=egress_id)
    for account_id, _token, _seq in taken:
        INBOX_DELAY.note(max(0.0, (now - due[account_id][3]).total_seconds()))
    return [_turn(account_id, due[account_id], token, seq) for account_id, token, seq in taken]


@cache
def _inboxes_due(limit: int) -> KeptQuery:
    """Return the query of what is due; its values are the egress, now, and WOKEN_LATELY before."""

    def build(egress_id: int, at: datetime, _before: datetime) -> QuerySet[Session, Any]:
        due = Session.objects.inbox_due(egress_id=egress_id, at=at)
        return due.values_list("account_id", "pk", "account__uin", "heartbeat_seconds", "poll_at")[
            :limit
        ]

    at = datetime(1999, 1, 1, tzinfo=UTC)
    return KeptQuery(build, samples=(-1, at, at - WOKEN_LATELY))


def _turn(account_id: int, due: tuple[Any, ...], token: int, seq: int) -> Turn:
    session_id, uin, heartbeat, _poll_at = due
    return Turn(account_id, uin, session_id, heartbeat, token, seq)


def poll_inbox(*, client: GatewayClient, turn: Turn) -> Polled:
    """Request the messages written to an account; never raises a gateway error.

    The gateway deletes the messages it returns, so the caller must store them.
    """
    messages: tuple[Message, ...] = ()
    sentence = ""
    try:
        reply = client.exchange(GetMsgEx(seq=turn.seq, uin=turn.uin))
        code, messages = str(reply.res), reply.messages
    except GatewayError as error:
        code, sentence = error.code, error.sentence
    pause = _pause(turn, code, len(messages))
    return Polled(turn, code, shared.now(), shared.wall(), pause, messages, sentence)


def not_polled(*, turn: Turn) -> Polled:
    """Return the result of a turn for which no request was made."""
    return Polled(turn, NOT_POLLED, shared.now(), shared.wall(), None)


def _pause(turn: Turn, code: str, count: int) -> float | None:
    if code == UNREACHABLE:
        return None
    if code == TOO_FAST:
        return float(HEARTBEATS_AFTER_TOO_FAST * turn.heartbeat_seconds)
    seconds = random.choice(PARTS) * turn.heartbeat_seconds  # noqa: S311 -- no secret
    return min(seconds, SOON_SECONDS) if count >= FULL_ANSWER else seconds


def _spread(heartbeat_seconds: int) -> float:
    return random.uniform(0.2, PARTS[-1]) * heartbeat_seconds  # noqa: S311 -- no secret


def store_polled(*, polled: Sequence[Polled]) -> None:
    """Store and handle the messages, set the sessions' next turns, and hand the leases back.

    All in one transaction. If it is not known whether that was committed, call this again: nothing
    is stored twice.
    """
    with transaction.atomic():
        handle_inbound(_stored(polled))
        store_presence_changes(_presence_changes(polled))
        _note_sessions(polled)
        _hand_back(polled)


def _stored(polled: Sequence[Polled]) -> list[InboundMessage]:
    """Store the messages; return those that are not handled yet, in the order of their arrival."""
    rows = [
        InboundMessage(
            account_id=one.turn.account_id,
            uin=message.sender,
            kind=message.kind,
            text=message.text.replace("\0", "\ufffd"),  # PostgreSQL stores no NUL
            received_at=one.received_at,
            position=position,
        )
        for one in polled
        for position, message in enumerate(one.messages)
        if message.status is None  # a change of presence is a column of Friend
    ]
    if not rows:
        return []
    existing = set(
        Account.objects.filter(pk__in={row.account_id for row in rows}).values_list("pk", flat=True)
    )
    kept = [row for row in rows if row.account_id in existing]
    InboundMessage.objects.bulk_create(kept, ignore_conflicts=True, batch_size=CHUNK)
    return _unhandled(sorted({(row.account_id, row.received_at) for row in kept}))


def _unhandled(answers: Sequence[tuple[int, datetime]]) -> list[InboundMessage]:
    """Return the unhandled messages of answers, by account and time.

    A statement that ignores conflicts returns no keys, so the rows are read back. When an answer is
    stored again, its messages are handled already.
    """
    found: list[InboundMessage] = []
    for chunk in chunks(answers, size=CHUNK):
        found += (
            InboundMessage.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(
                account__in={account_id for account_id, _at in chunk},
                received_at__in={at for _account_id, at in chunk},
                handled=False,
            )
            .select_related("account")
        )
    return sorted(found, key=lambda one: (one.received_at, one.account_id, one.position))


def _presence_changes(polled: Sequence[Polled]) -> list[PresenceChange]:
    return [
        PresenceChange(one.turn.account_id, message.sender, int(message.status), one.received_at)
        for one in polled
        for message in one.messages
        if message.status is not None
    ]


def _note_sessions(polled: Sequence[Polled]) -> None:
    open_ones = Session.objects.filter(ended_at=None)
    groups: dict[tuple[bool, float], list[Polled]] = {}
    for one in polled:
        if one.code == ENDED:
            _end(one)
        elif one.pause is not None:
            groups.setdefault((one.code == ACCEPTED, one.pause), []).append(one)
    for (is_answered, pause), members in groups.items():
        at = min(one.at for one in members)
        values = {"poll_at": at + timedelta(seconds=pause)}
        if is_answered:  # a lost answer does not show that the session was used
            values["last_used_at"] = at
        open_ones.filter(pk__in=[one.turn.session_id for one in members]).update(**values)


def _end(one: Polled) -> None:
    """End a session that the gateway no longer knows.

    No login follows: a due inbox alone is no reason to log in.
    """
    ended = Session.objects.filter(pk=one.turn.session_id, ended_at=None).update(
        ended_at=one.received_at, end_reason="RES=20"
    )
    account = Account.objects.filter(pk=one.turn.account_id, state=AccountState.ONLINE)
    if ended and account.exists():
        change_account_state(
            account_id=one.turn.account_id,
            to=AccountState.OFFLINE,
            reason=StateReason.SESSION_ENDED,
        )


def _hand_back(polled: Sequence[Polled]) -> None:
    """Hand back the leases that were taken for turns."""
    answered: list[tuple[int, int]] = []
    unanswered: list[tuple[int, int]] = []
    for one in polled:
        if one.turn.token is not None:
            to = unanswered if one.code in (NOT_POLLED, UNREACHABLE) else answered
            to.append((one.turn.account_id, one.turn.token))
    # Each account's gap starts at its last reply. One time for all: the latest, so no gap is too
    # short.
    hand_back_after_turns(tokens=answered, last_reply_at=max(one.at for one in polled))
    hand_back_after_turns(tokens=unanswered, last_reply_at=None)

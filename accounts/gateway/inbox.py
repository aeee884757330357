"""Verbs for inboxes: take the turns that have come, ask the gateway, keep what it handed over."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from accounts.leases.leases import hand_back_after_turns, take_leases_for_turns
from accounts.models import Account, InboundMessage, Session
from accounts.states import AccountState, StateReason
from accounts.transitions import change_account_state
from clocks import shared
from qqhttp import GatewayClient, GatewayError, GetMsgEx, Message

#: The next time is at one of these parts of the heartbeat: inside it, and spread by chance. Few, so
#: that the accounts of a round are noted in few statements.
PARTS = (0.8, 0.85, 0.9, 0.95)
#: An answer of so many may not be all there is: the next is asked for soon.
FULL_ANSWER, SOON_SECONDS = 100, 1.0
#: A gateway that says RES=3 to this is asked less often, so that its penalty costs no message.
HEARTBEATS_AFTER_TOO_FAST = 10
#: Result codes.
ACCEPTED, TOO_FAST, ENDED, UNREACHABLE, NOT_POLLED = "0", "3", "20", "unreachable", "-"
#: Rows per statement: SQLite takes a bounded number of parameters.
CHUNK = 200


@dataclass(frozen=True, slots=True)
class Turn:
    """An account whose inbox is asked.

    Attributes:
        token: of the lease taken for this alone; None when a lane asks, whose lease it is.
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
    """What became of a turn.

    Attributes:
        code: the result code, or NOT_POLLED.
        at: when the answer came, or failed to; shared time.
        received_at: the same as people read it; kept, so that a second storing finds the first.
        pause: how long until the account's next turn, seconds; None: as soon as may be.
        messages: what was handed over, oldest first.
        sentence: what went wrong, in words.
    """

    turn: Turn
    code: str
    at: datetime
    received_at: datetime
    pause: float | None
    messages: tuple[Message, ...] = ()
    sentence: str = ""


def first_poll_at(*, heartbeat_seconds: int) -> datetime:
    """Return when to ask for the first time after a login: anywhere in the heartbeat.

    Accounts that log in together are not to ask together ever after.
    """
    return shared.now() + timedelta(seconds=_spread(heartbeat_seconds))


def claim_turns(*, worker_id: int, egress_id: int, limit: int) -> list[Turn]:
    """Take the leases of accounts whose inbox is to be asked now, each for one request.

    A turn is a lane of a single request: it holds the lease under a token of its own, so that
    nobody sends for the account meanwhile (rule 2). A query finds out that nothing is due; a few
    statements take all that is, and reserve their SEQs.
    """
    now = shared.now()
    due = {
        account_id: (session_id, uin, heartbeat)
        for session_id, account_id, uin, heartbeat in Session.objects.inbox_due(
            egress_id=egress_id, at=now
        ).values_list("pk", "account_id", "account__uin", "heartbeat_seconds")[:limit]
    }
    if not due:
        return []
    taken = take_leases_for_turns(account_ids=list(due), worker_id=worker_id, egress_id=egress_id)
    return [_turn(account_id, *due[account_id], token, seq) for account_id, token, seq in taken]


def _turn(account_id: int, session_id: int, uin: int, heartbeat: int, token: int, seq: int) -> Turn:
    return Turn(account_id, uin, session_id, heartbeat, token, seq)


def poll_inbox(*, client: GatewayClient, turn: Turn) -> Polled:
    """Ask the gateway for what was written to an account; never raises a gateway error.

    It hands over and forgets: whatever it answers has to be kept at once.
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
    """Return a turn that came to nothing: no request left."""
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
    """Store what turns brought, note the sessions' next turns, and hand the leases back.

    One transaction. Doing it twice, because nobody knows whether the first time was committed,
    stores nothing twice.
    """
    with transaction.atomic():
        _store_messages(polled)
        _note_sessions(polled)
        _hand_back(polled)


def _store_messages(polled: Sequence[Polled]) -> None:
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
        if message.status is None  # news of who is online: see the model
    ]
    if not rows:
        return
    there = set(
        Account.objects.filter(pk__in={row.account_id for row in rows}).values_list("pk", flat=True)
    )
    InboundMessage.objects.bulk_create(
        [row for row in rows if row.account_id in there], ignore_conflicts=True, batch_size=CHUNK
    )


def _note_sessions(polled: Sequence[Polled]) -> None:
    open_ones = Session.objects.filter(ended_at=None)
    alike: dict[tuple[bool, float], list[Polled]] = {}
    for one in polled:
        if one.code == ENDED:
            _end(one)
        elif one.pause is not None:
            alike.setdefault((one.code == ACCEPTED, one.pause), []).append(one)
    for (is_answered, pause), those in alike.items():
        at = min(one.at for one in those)
        values = {"poll_at": at + timedelta(seconds=pause)}
        if is_answered:  # an answer that was lost says nothing about the session
            values["last_used_at"] = at
        open_ones.filter(pk__in=[one.turn.session_id for one in those]).update(**values)


def _end(one: Polled) -> None:
    """End a session the gateway knows no more. Nobody logs in for the inbox alone."""
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
    """Hand the leases back that were taken for turns."""
    answered: list[tuple[int, int]] = []
    unanswered: list[tuple[int, int]] = []
    for one in polled:
        if one.turn.token is not None:
            to = unanswered if one.code in (NOT_POLLED, UNREACHABLE) else answered
            to.append((one.turn.account_id, one.turn.token))
    # The gap counts from the last reply to anything. The latest of them all: never too soon.
    hand_back_after_turns(tokens=answered, last_reply_at=max(one.at for one in polled))
    hand_back_after_turns(tokens=unanswered, last_reply_at=None)

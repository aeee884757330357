"""How a gateway behaves: what the tests switch on and off, also while it runs."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from tests.black_box.traffic import Request


class Fault(StrEnum):
    """What may become of one request, instead of its reply."""

    EMPTY_BEFORE = "empty before"
    EMPTY_AFTER = "empty after"
    RESET_BEFORE = "reset before"
    RESET_AFTER = "reset after"
    ERROR_BEFORE = "5xx before"
    ERROR_AFTER = "5xx after"
    CUT_AFTER = "cut after"
    RESET_IN_BODY_AFTER = "reset in the body after"
    SILENCE_BEFORE = "silence before"
    SILENCE_AFTER = "silence after"

    @property
    def is_after(self) -> bool:
        """Whether the work is done all the same."""
        return self.value.endswith("after")


#: Those that a client notices at once; a silence costs it its whole read timeout.
QUICK_FAULTS = tuple(fault for fault in Fault if not fault.value.startswith("silence"))


@dataclass
class Behaviour:
    """The gateway's habits.

    Args:
        min_interval: seconds between two messages of one account, arrival to arrival.
        penalty: seconds that an answer RES=3 takes.
        has_seq_guard: whether a message that repeats a SEQ within ten minutes is dropped.
        http: the version in the status line.
        has_length: whether replies say their length; without it they end with the connection.
        is_chunked: whether replies come in chunks.
        connection: the header, or None for none.
        closes: whether the connection is closed after a reply, whatever the header said.
        command_case: how a reply spells its command: reference, lower, mixed.
        extra: what every reply carries on top.
        has_trailing_ampersand: whether every reply ends in one.
        friends_cut_at: the longest friend list it answers with.
        honours_tn: whether TN bounds the friend list.
        delay: seconds before every reply.
        mishaps: what goes wrong, and in which share of the messages.
        trouble: asked before all else what becomes of a request, of any command; None: nothing.
        resets_on_accept: whether every connection is reset as soon as it is made.
        seq_window: seconds after its first arrival for which a SEQ is remembered.
        too_fast: the accounts whose messages are RES=3, however slow they are.
        hi, li: heartbeat and patience that a login answers, seconds.
        is_refusing_logins: every login is RS=1.
        disowned: the accounts whose messages are RES=20, however often they log in.
        chokes_on_h: whether a message with a raw lowercase h is answered with nothing.
        mute: the commands, in lower case, that are answered with nothing at all.
        key_order: of a reply's keys: reference, reversed.
        key_case: how a reply spells its keys: reference, lower.
        line_end: what every reply ends in, inside its length.
        has_bytewise_replies: whether a reply travels in packets of one byte each.
    """

    min_interval: float = 0.0
    penalty: float = 1.0
    has_seq_guard: bool = True
    http: str = "HTTP/1.1"
    has_length: bool = True
    is_chunked: bool = False
    connection: str | None = "keep-alive"
    closes: bool = False
    command_case: str = "reference"
    extra: str = ""
    has_trailing_ampersand: bool = False
    friends_cut_at: int | None = None
    honours_tn: bool = False
    delay: float = 0.0
    fault_rates: dict[Fault, float] = field(default_factory=dict)
    choose_fault: Callable[[Request], Fault | None] | None = None
    resets_on_accept: bool = False
    seq_window: float = 600.0
    always_too_fast: frozenset[int] = frozenset()
    hi: int = 60
    li: int = 300
    is_refusing_logins: bool = False
    without_session: frozenset[int] = frozenset()
    fails_on_lowercase_h: bool = False
    unanswered: frozenset[str] = frozenset()
    key_order: str = "reference"
    key_case: str = "reference"
    line_end: str = ""
    has_bytewise_replies: bool = False
    rng: random.Random = field(default_factory=lambda: random.Random(7))

    def fault_for(self, request: Request) -> Fault | None:
        """Say what becomes of a request: messages have their share of the mishaps, by chance."""
        choose_fault = self.choose_fault(request) if self.choose_fault is not None else None
        if choose_fault is not None or request.command != "cltmsg":
            return choose_fault
        drawn = self.rng.random()
        for fault, share in self.fault_rates.items():
            drawn -= share
            if drawn < 0:
                return fault
        return None

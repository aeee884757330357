"""How a gateway behaves; tests may change it while the gateway runs."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from tests.black_box.traffic import Request


class Fault(StrEnum):
    """A fault injected into one request in place of its reply: before or after it is processed."""

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
        """Whether the request is processed before the fault."""
        return self.value.endswith("after")


#: The faults that a client notices at once; a silence takes its whole read timeout.
QUICK_FAULTS = tuple(fault for fault in Fault if not fault.value.startswith("silence"))


@dataclass
class Behaviour:
    """The gateway's settings and the faults it injects.

    Args:
        min_interval: least seconds between the arrivals of two messages of an account.
        penalty: seconds that an answer RES=3 takes.
        has_seq_guard: whether a message is dropped that repeats a SEQ within `seq_window`.
        http: the version in the status line.
        has_length: whether replies have a Content-Length; without it they end with the connection.
        is_chunked: whether replies come in chunks.
        connection: the Connection header; None: no such header.
        closes: whether the connection is closed after a reply, even against the header.
        command_case: how a reply spells its command: reference, lower, mixed.
        extra: text appended to every reply.
        has_trailing_ampersand: whether every reply ends in one.
        friends_cut_at: the length at which friend lists are cut; None: they are not.
        honours_tn: whether TN limits the friend list.
        delay: seconds before every reply.
        fault_rates: fault -> share of the messages that have it.
        choose_fault: called first for every request, of any command; returns a fault or None.
        resets_on_accept: whether every connection is reset as soon as it is made.
        seq_window: seconds after its first arrival for which a SEQ is remembered.
        always_too_fast: accounts whose messages are always answered RES=3.
        hi, li: heartbeat interval and idle time in the answer to a login, seconds.
        is_refusing_logins: whether every login is answered RS=1.
        without_session: accounts whose messages are answered RES=20, even after a login.
        fails_on_lowercase_h: whether a message with an unescaped lowercase h has an empty reply.
        unanswered: commands, in lower case, that have an empty reply.
        key_order: the order of a reply's keys: reference, reversed.
        key_case: how a reply spells its keys: reference, lower.
        line_end: the end of every reply, counted in its length.
        has_bytewise_replies: whether a reply is sent in packets of one byte.
        rng: decides which messages have a fault.
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
        """Return the fault for a request: the chosen one, or for messages one drawn by its rate."""
        choose_fault = self.choose_fault(request) if self.choose_fault is not None else None
        if choose_fault is not None or request.command != "cltmsg":
            return choose_fault
        drawn = self.rng.random()
        for fault, share in self.fault_rates.items():
            drawn -= share
            if drawn < 0:
                return fault
        return None

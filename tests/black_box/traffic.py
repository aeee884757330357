"""What arrived at a gateway: all requests and messages, the repeats, and what came too soon."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.black_box.history import MessageRequest


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it arrived.

    Attributes:
        at: when it was complete, by the gateway's monotonic clock.
        ip: the client's address.
        fields: upper-case key -> value, unescaped once.
    """

    at: float
    ip: str
    head: bytes
    body: bytes
    fields: Mapping[str, bytes]

    def text(self, key: str) -> str:
        """Return a field as text; empty if it is missing."""
        return self.fields.get(key, b"").decode("utf-8", "replace")

    @property
    def command(self) -> str:
        """CMD in lower case."""
        return self.text("CMD").lower()


@dataclass(frozen=True, slots=True)
class Message:
    """A message that was delivered, repeated or refused."""

    at: float
    sender: int
    to: int
    seq: str
    text: bytes


@dataclass
class Traffic:
    """What a gateway has received.

    Attributes:
        messages: those delivered.
        message_requests: every request for a message, with its outcome.
        replays: repeats of a known SEQ with the same message.
        conflicts: repeats of a known SEQ with another message.
        too_soon: messages before the minimum interval was over.
        answers: how often each answer was given: "cltmsg RES=0", "NULL", a fault's name.
        gaps: account -> seconds between neighbouring messages.
    """

    requests: list[Request] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    message_requests: list[MessageRequest] = field(default_factory=list)
    replays: list[Message] = field(default_factory=list)
    connections: int = 0
    conflicts: list[Message] = field(default_factory=list)
    too_soon: list[Message] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    gaps: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))

    def duplicates(self) -> dict[tuple[int, bytes], int]:
        """Return (recipient, text) -> count for texts that a recipient got more than once."""
        counted = Counter((message.to, message.text) for message in self.messages)
        return {key: times for key, times in counted.items() if times > 1}

    def shared_seqs(self) -> list[tuple[str, str]]:
        """Return each (account, SEQ) that was used for two different requests, of any command."""
        meant: dict[tuple[str, str], dict[str, bytes]] = {}
        shared = []
        for request in list(self.requests):
            key, fields = (request.text("UIN"), request.text("SEQ")), dict(request.fields)
            if meant.setdefault(key, fields) != fields:
                shared.append(key)
        return shared

    def containing(self, marker: bytes) -> list[Message]:
        """Return the messages whose text contains a marker."""
        return [message for message in self.messages if marker in message.text]

    def logins(self, uin: int) -> int:
        """Return how often an account asked for a login."""
        wanted = str(uin)
        return sum(r.command == "login" and r.text("UIN") == wanted for r in list(self.requests))

"""The model of the gateway: its sessions, the SEQs that it remembers, and injected faults.

A SEQ is known for exactly `window` seconds after its first arrival. A repeat in that time is
answered and not delivered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from qqhttp import CltMsg, Login, Request

#: How long the answer RES=3 is held back, and how long an idle session lives, seconds.
PENALTY_SECONDS, IDLE_SECONDS = 20.0, 300.0
#: How long an answer takes, seconds.
LATENCY_SECONDS = 0.05
#: The answers besides a RES; "silence": there is no answer.
BAD_ANSWERS = ("NULL", "reset", "http", "silence")

Answer = int | str
Reply = Callable[[Answer], None]


@dataclass
class Fault:
    """A fault for all requests of a kind until a moment.

    Attributes:
        until: the moment.
        kind: one of BAD_ANSWERS.
        is_after: whether the request is carried out before the fault.
    """

    until: float = float("-inf")
    kind: str = "NULL"
    is_after: bool = False


@dataclass
class Delivered:
    """A delivered message."""

    at: float
    uin: int
    seq: int
    un: int
    text: str


@dataclass
class Gateway:
    """The gateway. Times are those of the scheduler.

    Attributes:
        window: seconds for which a SEQ is known.
        now: returns the time.
        call_at: calls a function at a time.
        note_fault: records a period with a fault.
        on_delivery: is called with the sender of each delivered message.
        away_until: no connection is accepted before.
        messages, logins: the fault of requests of these kinds.
        next_answers: for the next messages, one each: (answer, whether it is carried out).
        unanswered: recipient of messages without an answer -> whether they are carried out.
        latency: how long an answer takes, seconds.
        sessions: account -> when it was last used.
        known: (account, SEQ) -> the message that was first delivered under it.
    """

    window: float
    now: Callable[[], float]
    call_at: Callable[[float, Callable[[], None]], None]
    note_fault: Callable[[float, float], None]
    on_delivery: Callable[[int], None]
    away_until: float = float("-inf")
    messages: Fault = field(default_factory=Fault)
    logins: Fault = field(default_factory=Fault)
    next_answers: list[tuple[Answer, bool]] = field(default_factory=list)
    unanswered: dict[int, bool] = field(default_factory=dict)
    latency: float = LATENCY_SECONDS
    sessions: dict[int, float] = field(default_factory=dict)
    delivered: list[Delivered] = field(default_factory=list)
    known: dict[tuple[int, int], Delivered] = field(default_factory=dict)

    @property
    def is_away(self) -> bool:
        """Whether no connection is accepted."""
        return self.now() < self.away_until

    def receive(self, request: Request[Any], reply: Reply) -> None:
        """Process a request that arrived; answer it after the latency, or never."""
        now = self.now()
        if isinstance(request, Login):
            self._log_in(request, reply)
        elif now - self.sessions.get(request.uin, float("-inf")) > IDLE_SECONDS:
            self._answer(reply, 20)
        elif isinstance(request, CltMsg):
            self.sessions[request.uin] = now
            self._take(request, reply)
        else:
            self.sessions[request.uin] = now
            self._answer(reply, 0)

    def _log_in(self, request: Login, reply: Reply) -> None:
        fault = self.logins
        is_bad = self.now() < fault.until
        if not is_bad or fault.is_after:
            self.sessions[request.uin] = self.now()
        self._answer(reply, fault.kind if is_bad else 0)

    def _take(self, request: CltMsg, reply: Reply) -> None:
        answer: Answer = 0
        is_carried_out = True
        if request.un in self.unanswered:
            answer, is_carried_out = "silence", self.unanswered[request.un]
        elif self.now() < self.messages.until:
            answer, is_carried_out = self.messages.kind, self.messages.is_after
        elif self.next_answers:
            answer, is_carried_out = self.next_answers.pop(0)
            self.note_fault(self.now(), self.now() + (100 if answer == 3 else 50))
        if answer == 3:
            is_repeat = self._is_known(request)
            if not is_repeat:  # a known SEQ is answered RES=0
                self._answer(reply, 3, PENALTY_SECONDS)
                return
            answer = 0
        if is_carried_out:
            self._carry_out(request)
        self._answer(reply, answer)

    def _is_known(self, request: CltMsg) -> bool:
        first = self.known.get((request.uin, request.seq))
        return first is not None and self.now() - first.at <= self.window

    def _carry_out(self, request: CltMsg) -> None:
        if self._is_known(request):
            return
        arrived = Delivered(self.now(), request.uin, request.seq, request.un, request.mg)
        self.known[request.uin, request.seq] = arrived
        self.delivered.append(arrived)
        self.on_delivery(request.uin)

    def _answer(self, reply: Reply, answer: Answer, after: float = 0.0) -> None:
        if answer != "silence":
            self.call_at(self.now() + after + self.latency, lambda: reply(answer))

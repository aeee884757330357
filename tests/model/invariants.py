"""What must hold whenever a request leaves, arrives, is answered or returns to its lane."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any, Protocol

from qqhttp import CltMsg, Request
from sending.lanes.outcomes import LONGEST_REPLAY_PAUSE_SECONDS
from sending.lanes.permit import LEAVES_WITHIN_SECONDS
from sending.ledger.entries import REPLAY_MARGIN_SECONDS
from sending.models import PolicyCommand
from sending.policies import PolicyTable
from tests.model.gateway import Answer
from tests.model.initial_data import run_name
from tests.model.scheduler import Process, Scheduler

_MESSAGE = PolicyCommand.MESSAGE.value
_SLACK = 1e-3


class Client(Protocol):
    """What is checked of a lane's client.

    Attributes:
        process: the worker's; None outside a worker.
        token: of the lane's lease.
        wire_seconds: how long a request that leaves now is on its way.
    """

    process: Process | None
    token: int

    @property
    def wire_seconds(self) -> float: ...


@dataclass
class _Asked:
    """All requests under one SEQ of one account."""

    un: int
    text: str
    first_left: float
    last_left: float = 0.0
    first_arrived: float | None = None
    left: int = 0
    tokens: set[int] = field(default_factory=set)
    #: The lane with this token may not repeat the request before this time.
    not_before: float = float("-inf")
    token: int = 0


@dataclass
class Invariants:
    """Records what is broken in `violations`; the simulation raises it.

    Attributes:
        time: the history's scheduler.
        window: seconds for which the gateway remembers a SEQ.
        violations: what was broken, in the order of time.
        log: the history so far, for the message of the exception.
        gaps, longest_gaps: account -> the smallest and the longest gap that was ever set, seconds.
        most_a_minute: account -> the largest limit that was ever set; None: no limit.
        paused, cancelled: run name -> when it was stopped.
        opted_out: recipient -> when.
        refused_at: lane -> when a mark of it was last refused.
    """

    time: Scheduler
    window: float
    violations: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    gaps: dict[int, float] = field(default_factory=dict)
    longest_gaps: dict[int, float] = field(default_factory=dict)
    most_a_minute: dict[int, int | None] = field(default_factory=dict)
    paused: dict[str, float] = field(default_factory=dict)
    cancelled: dict[str, float] = field(default_factory=dict)
    opted_out: dict[int, float] = field(default_factory=dict)
    refused_at: dict[int, float] = field(default_factory=dict)
    _asked: dict[tuple[int, int], _Asked] = field(default_factory=dict)
    _in_flight: dict[int, Client] = field(default_factory=dict)
    _returned: dict[int, tuple[int, float]] = field(default_factory=dict)
    _answered: dict[int, float] = field(default_factory=dict)
    _newest: Counter[int] = field(default_factory=Counter)
    _delivered_at: defaultdict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    _policies: PolicyTable = field(default_factory=PolicyTable)

    @property
    def now(self) -> float:
        """The virtual time, seconds."""
        return self.time.now

    def fail(self, what: str) -> None:
        """Record a violation."""
        self.log.append(f"{self.now:9.3f} BROKEN {what}")
        self.violations.append(f"at {self.now:.3f}: {what}")

    def note(self, what: str) -> None:
        """Add a line to the log."""
        self.log.append(f"{self.now:9.3f} {what}")

    def last_left(self, uin: int, seq: int) -> float:
        """Return when the last request under a SEQ left; minus infinity if none did."""
        asked = self._asked.get((uin, seq))
        return asked.last_left if asked else float("-inf")

    def longest_gap(self, uin: int) -> float:
        """Return the longest gap that was ever set for an account, seconds."""
        return self.longest_gaps.get(uin, 0.0)

    # --- a request -----------------------------------------------------------------------------

    def departs(self, client: Client, request: Request[Any]) -> None:
        """Check a request that leaves a lane."""
        uin, host = request.uin, client.process.name if client.process else "?"
        self.note(f"{host} token {client.token}: {_describe(request)} leaves")
        other = self._in_flight.get(uin)
        if other is not None and other.process is client.process:
            self.fail(f"two requests of account {uin} at a time")
        self._in_flight[uin] = client
        if not isinstance(request, CltMsg):
            return
        if client.token < self._newest[uin]:
            self.fail(
                f"{_describe(request)} left under lease {client.token}, after {self._newest[uin]}"
            )
        self._newest[uin] = max(self._newest[uin], client.token)
        self._check_gap(client, request)
        self._check_may_leave(client, request)

    def _check_gap(self, client: Client, request: CltMsg) -> None:
        """Check the gap since the lane's own last reply, and the gap that the gateway sees.

        A lane cannot know of a reply to a request that an earlier lane still has under way. The
        gateway measures from its answer to the arrival of the next request.
        """
        gap = self.gaps.get(request.uin, 0.0)
        token, returned = self._returned.get(request.uin, (-1, float("-inf")))
        passed = self.now + client.wire_seconds - self._answered.get(request.uin, float("-inf"))
        if token == client.token:
            passed = min(passed, self.now - returned)
        if passed < gap - _SLACK:
            self.fail(f"{_describe(request)} left {passed:.3f} s after a reply, gap {gap}")

    def _check_may_leave(self, client: Client, request: CltMsg) -> None:
        key = (request.uin, request.seq)
        is_new = key not in self._asked
        if is_new:
            self._asked[key] = _Asked(request.un, request.mg, self.now)
        asked = self._asked[key]
        asked.left += 1
        asked.tokens.add(client.token)
        asked.last_left = self.now
        if (asked.un, asked.text) != (request.un, request.mg):
            self.fail(f"SEQ {request.seq} of {request.uin} is used for two messages")
        if asked.token == client.token and self.now < asked.not_before - _SLACK:
            self.fail(f"{_describe(request)} repeated {asked.not_before - self.now:.3f} s too soon")
        run = run_name(request.mg)
        stops = [self.opted_out.get(request.un), self.cancelled.get(run)]
        if is_new:
            stops.append(self.paused.get(run))
        for at in stops:
            if at is not None and self.now > at + LEAVES_WITHIN_SECONDS + _SLACK:
                self.fail(f"{_describe(request)} left {self.now - at:.1f} s after it was stopped")

    def arrives(self, request: Request[Any]) -> None:
        """Check a request that reaches the gateway."""
        if not isinstance(request, CltMsg):
            return
        asked = self._asked[request.uin, request.seq]
        if asked.first_arrived is None:
            asked.first_arrived = self.now
        after_arrival, after_leaving = self.now - asked.first_arrived, self.now - asked.first_left
        if after_arrival > self.window:
            self.fail(f"{_describe(request)} arrived {after_arrival:.1f} s after its first")
        elif after_leaving > self.window:
            self.fail(f"{_describe(request)} arrived {after_leaving:.1f} s after it first left")

    def delivers(self, uin: int) -> None:
        """Check a message's first arrival: no minute holds more of them than the limit allows."""
        times = self._delivered_at[uin]
        times.append(self.now)
        most = self.most_a_minute.get(uin)
        n = sum(at > self.now - 60.0 for at in times)
        if most is not None and n > most:
            self.fail(f"account {uin} sent {n} messages in a minute, the limit is {most}")

    def answered(self, client: Client, request: Request[Any], answer: Answer) -> None:
        """Record when the gateway answered; answers take no time to travel.

        An answer to a dead process, or to one whose lease a newer lane already used, does not
        count: the newer lane cannot know of it.
        """
        self.note(f"{_describe(request)} is answered {answer}")
        is_dead = client.process is None or client.process.is_dead
        if not is_dead and client.token >= self._newest[request.uin]:
            self._answered[request.uin] = self.now

    def returned(self, client: Client, request: Request[Any], answer: Answer) -> None:
        """Record that a lane has its answer, or has given up waiting for it."""
        if self._in_flight.get(request.uin) is client:
            del self._in_flight[request.uin]
        if client.process is None or client.process.is_dead or self.time.is_closing:
            return
        self._returned[request.uin] = (client.token, self.now)
        if not isinstance(request, CltMsg):
            return
        if answer == "timeout":
            self.note(f"{_describe(request)} gets no answer")
        asked = self._asked[request.uin, request.seq]
        # A lane that takes over an attempt counts its own requests, but not the first of them.
        tries = max(1, asked.left - len(asked.tokens) + 1)
        code = "HTTP_503" if answer == "http" else str(answer)
        pause = self._policies.find(command=_MESSAGE, code=code).pause(tries)
        left = self.window - REPLAY_MARGIN_SECONDS - (self.now - asked.first_left)
        pause = min(pause, LONGEST_REPLAY_PAUSE_SECONDS, max(0.0, left - 12.0))
        asked.token, asked.not_before = client.token, self.now + pause

    # --- marks ---------------------------------------------------------------------------------

    def refused(self, lane: int) -> None:
        """Record that a lane's mark was refused."""
        self.refused_at[lane] = self.now

    def asks(self, lane: int) -> None:
        """Check that a lane waits after a refused mark before it asks for another."""
        from sending.lanes.lane import REFUSED_PAUSE_SECONDS

        since = self.now - self.refused_at.pop(lane, float("-inf"))
        if since < REFUSED_PAUSE_SECONDS - _SLACK:
            self.fail(f"a mark was asked for {since:.3f} s after one was refused")


def _describe(request: Request[Any]) -> str:
    if isinstance(request, CltMsg):
        return f"message {request.seq} of {request.uin} to {request.un}"
    return f"{request.command} of {request.uin}"

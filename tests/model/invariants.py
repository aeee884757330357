"""What must hold, looked at with every request that leaves, arrives, is answered or comes back."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from accounts.models import PolicyCommand
from accounts.services.result_policies import PolicyTable
from campaigns.engine.outcomes import LONGEST_REPLAY_PAUSE_SECONDS, REPLAY_MARGIN_SECONDS
from campaigns.engine.right import LEAVES_WITHIN_SECONDS
from qqhttp import CltMsg, Request
from tests.model.gateway import Answer

if TYPE_CHECKING:
    from tests.model.client import ModelClient
    from tests.model.simulation import World

_MESSAGE = PolicyCommand.MESSAGE.value
_SLACK = 1e-3


@dataclass
class _Asked:
    """One SEQ of one account, as the outside sees it."""

    un: int
    text: str
    first_left: float
    last_left: float = 0.0
    first_arrived: float | None = None
    left: int = 0
    tokens: set[int] = field(default_factory=set)
    #: No repeat by the same lane before this.
    not_before: float = float("-inf")
    token: int = 0


@dataclass
class Checks:
    """The invariants. What is broken is noted in `broken`, and raised by the world.

    Attributes:
        gaps, longest_gaps: the smallest and the longest gap an account was ever told to keep.
        most_a_minute: the largest number a minute it was ever allowed; None: any.
        stopped: by run, when it was paused or cancelled; by person, when they opted out.
    """

    world: World
    broken: list[str] = field(default_factory=list)
    trail: list[str] = field(default_factory=list)
    gaps: dict[int, float] = field(default_factory=dict)
    longest_gaps: dict[int, float] = field(default_factory=dict)
    most_a_minute: dict[int, int | None] = field(default_factory=dict)
    paused: dict[str, float] = field(default_factory=dict)
    cancelled: dict[str, float] = field(default_factory=dict)
    opted_out: dict[int, float] = field(default_factory=dict)
    refused_at: dict[int, float] = field(default_factory=dict)
    _asked: dict[tuple[int, int], _Asked] = field(default_factory=dict)
    _under_way: dict[int, ModelClient] = field(default_factory=dict)
    _returned: dict[int, tuple[int, float]] = field(default_factory=dict)
    _answered: dict[int, float] = field(default_factory=dict)
    _newest: Counter[int] = field(default_factory=Counter)
    _policies: PolicyTable = field(default_factory=PolicyTable)

    @property
    def now(self) -> float:
        return self.world.time.now

    def fail(self, what: str) -> None:
        """Note that something is broken."""
        self.trail.append(f"{self.now:9.3f} BROKEN {what}")
        self.broken.append(f"at {self.now:.3f}: {what}")

    def note(self, what: str) -> None:
        """Keep a line of the history, for people."""
        self.trail.append(f"{self.now:9.3f} {what}")

    def last_left(self, uin: int, seq: int) -> float:
        """Return when a SEQ was last seen leaving."""
        asked = self._asked.get((uin, seq))
        return asked.last_left if asked else float("-inf")

    def longest_gap(self, uin: int) -> float:
        """Return the longest gap an account was ever told to keep."""
        return self.longest_gaps.get(uin, 0.0)

    # --- a request ----------------------------------------------------------------------------

    def departs(self, client: ModelClient, request: Request[Any]) -> None:
        """A request leaves."""
        uin, host = request.uin, client.process.name if client.process else "?"
        self.note(f"{host} token {client.token}: {_told(request)} leaves")
        other = self._under_way.get(uin)
        if other is not None and other.process is client.process:
            self.fail(f"two requests of account {uin} at a time")
        self._under_way[uin] = client
        if not isinstance(request, CltMsg):
            return
        if client.token < self._newest[uin]:
            self.fail(
                f"{_told(request)} left under lease {client.token}, after {self._newest[uin]}"
            )
        self._newest[uin] = max(self._newest[uin], client.token)
        self._check_gap(client, request)
        self._check_may_leave(client, request)

    def _check_gap(self, client: ModelClient, request: CltMsg) -> None:
        gap = self.gaps.get(request.uin, 0.0)
        token, returned = self._returned.get(request.uin, (-1, float("-inf")))
        last = self._answered.get(request.uin, float("-inf"))
        if token == client.token:
            last = max(last, returned)
        if self.now < last + gap - _SLACK:
            self.fail(f"{_told(request)} left {self.now - last:.3f} s after a reply, gap {gap}")

    def _check_may_leave(self, client: ModelClient, request: CltMsg) -> None:
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
            self.fail(f"{_told(request)} repeated {asked.not_before - self.now:.3f} s too soon")
        run = request.mg.partition(" ")[0]
        stops = [self.opted_out.get(request.un), self.cancelled.get(run)]
        if is_new:
            stops.append(self.paused.get(run))
        for at in stops:
            if at is not None and self.now > at + LEAVES_WITHIN_SECONDS + _SLACK:
                self.fail(f"{_told(request)} left {self.now - at:.1f} s after it was stopped")

    def arrives(self, client: ModelClient, request: Request[Any]) -> None:
        """A request gets to the gateway."""
        if not isinstance(request, CltMsg):
            return
        asked = self._asked[request.uin, request.seq]
        if asked.first_arrived is None:
            asked.first_arrived = self.now
        window = self.world.gateway.window
        if self.now - asked.first_arrived > window:
            self.fail(
                f"{_told(request)} came {self.now - asked.first_arrived:.1f} s after its first"
            )
        elif self.now - asked.first_left > window:
            self.fail(
                f"{_told(request)} came {self.now - asked.first_left:.1f} s after it first left"
            )

    def delivers(self, uin: int) -> None:
        """A message arrives for the first time: never more in a minute than were allowed."""
        most = self.most_a_minute.get(uin)
        lately = [one for one in self.world.gateway.delivered if one.at > self.now - 60.0]
        n = sum(1 for one in lately if one.uin == uin)
        if most is not None and n > most:
            self.fail(f"account {uin} sent {n} messages in a minute, allowed are {most}")

    def answered(self, client: ModelClient, request: Request[Any], answer: Answer) -> None:
        """The gateway's answer is on its way (the network takes none of the time)."""
        self.note(f"{_told(request)} is answered {answer}")
        self._answered[request.uin] = self.now

    def returned(self, client: ModelClient, request: Request[Any], answer: Answer) -> None:
        """The lane has its answer, or knows that it gets none."""
        if self._under_way.get(request.uin) is client:
            del self._under_way[request.uin]
        if client.process is None or client.process.is_dead or self.world.time.is_closing:
            return
        self._returned[request.uin] = (client.token, self.now)
        if not isinstance(request, CltMsg):
            return
        if answer == "timeout":
            self.note(f"{_told(request)} gets no answer")
        asked = self._asked[request.uin, request.seq]
        # A lane that takes an attempt over counts its repeats, not the first request before them.
        tries = max(1, asked.left - len(asked.tokens) + 1)
        code = "HTTP_503" if answer == "http" else str(answer)
        pause = self._policies.find(command=_MESSAGE, code=code).pause(tries)
        left = self.world.gateway.window - REPLAY_MARGIN_SECONDS - (self.now - asked.first_left)
        pause = min(pause, LONGEST_REPLAY_PAUSE_SECONDS, max(0.0, left - 12.0))
        asked.token, asked.not_before = client.token, self.now + pause

    # --- marks --------------------------------------------------------------------------------

    def refused(self, lane: int) -> None:
        """A lane's mark was refused."""
        self.refused_at[lane] = self.now

    def asks(self, lane: int) -> None:
        """A lane asks for a mark."""
        from campaigns.engine.lane import REFUSED_PAUSE_SECONDS

        since = self.now - self.refused_at.pop(lane, float("-inf"))
        if since < REFUSED_PAUSE_SECONDS - _SLACK:
            self.fail(f"a mark was asked for {since:.3f} s after one was refused")


def _told(request: Request[Any]) -> str:
    if isinstance(request, CltMsg):
        return f"message {request.seq} of {request.uin} to {request.un}"
    return f"{request.command} of {request.uin}"

"""The client of the model's gateway: `qqhttp.GatewayClient` without a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from qqhttp import (
    ChangeStat,
    CltMsg,
    ConnectionReset,
    EmptyReply,
    Fields,
    GatewayError,
    GetMsgEx,
    GetMsgExReply,
    HttpError,
    Login,
    LoginReply,
    NeverLeft,
    ReadTimeout,
    Reply,
    Request,
    Withheld,
)
from tests.model.gateway import IDLE_SECONDS, Answer, Gateway
from tests.model.invariants import Invariants
from tests.model.scheduler import Scheduler

CONNECT_SECONDS, READ_SECONDS = 0.01, 45.0
_NO_FIELDS = Fields({})


@dataclass
class Network:
    """The way from the lanes to the gateway.

    Attributes:
        connect_seconds: how long a connection takes to be made.
        wire_seconds: how long a request is on its way.
    """

    time: Scheduler
    gateway: Gateway
    invariants: Invariants
    connect_seconds: float = CONNECT_SECONDS
    wire_seconds: float = 0.0


class ModelClient:
    """One lane's connection to the gateway.

    Attributes:
        token: of the lane's lease; the simulation sets it.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self.process = network.time.current
        self.token = 0

    @property
    def wire_seconds(self) -> float:
        """How long a request that leaves now is on its way."""
        return self._network.wire_seconds

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_details: object) -> None:
        pass

    def close(self) -> None:
        """Do nothing: there is no connection to close."""

    def exchange(self, request: Request[Any], *, leave_by: float | None = None) -> Any:
        """Send a request and return its reply, as `GatewayClient.exchange` does."""
        network, time = self._network, self._network.time
        time.sleep(network.connect_seconds)
        if network.gateway.is_away:
            raise NeverLeft("the gateway is away")
        # No fiber runs between this look at the clock and the first byte.
        assert self.process is not None
        if leave_by is not None and time.now + self.process.shift > leave_by:
            raise Withheld
        answers: list[Answer] = []
        answered = time.new_event()
        network.invariants.departs(self, request)

        def reply(answer: Answer) -> None:
            network.invariants.answered(self, request, answer)
            answers.append(answer)
            answered.set()

        time.call_at(time.now + network.wire_seconds, lambda: self._arrive(request, reply))
        try:
            answered.wait(READ_SECONDS)
        finally:
            answer = answers[0] if answers else "timeout"
            network.invariants.returned(self, request, answer)
        return _reply(request, answer)

    def _arrive(self, request: Request[Any], reply: Any) -> None:
        self._network.invariants.arrives(request)
        self._network.gateway.receive(request, reply)


def _reply(request: Request[Any], answer: Answer) -> Reply:
    if isinstance(answer, str):
        raise _error(answer)
    if isinstance(request, Login):
        return LoginReply(
            res=answer,
            fields=_NO_FIELDS,
            rs=0,
            heartbeat_seconds=60,
            idle_seconds=int(IDLE_SECONDS),
        )
    if isinstance(request, GetMsgEx):
        return GetMsgExReply(res=answer, fields=_NO_FIELDS)
    assert isinstance(request, (CltMsg, ChangeStat))
    return Reply(res=answer, fields=_NO_FIELDS)


def _error(answer: str) -> GatewayError:
    if answer == "NULL":
        return EmptyReply()
    if answer == "reset":
        return ConnectionReset()
    if answer == "timeout":
        return ReadTimeout(READ_SECONDS)
    return HttpError(503)

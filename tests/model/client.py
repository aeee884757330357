"""The client of the model's gateway: `qqhttp.GatewayClient` without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

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
from tests.model.gateway import IDLE_SECONDS, Answer

if TYPE_CHECKING:
    from tests.model.simulation import World

CONNECT_SECONDS, READ_SECONDS = 0.01, 45.0
_NO_FIELDS = Fields({})


class ModelClient:
    """One lane's way to the gateway.

    Attributes:
        token: of the lane's lease; the world sets it.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self.process = world.time.current
        self.token = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_details: object) -> None:
        pass

    def close(self) -> None:
        """There is nothing to close."""

    def exchange(self, request: Request[Any], *, leave_by: float | None = None) -> Any:
        """Send a request and return its reply, as `GatewayClient.exchange` does."""
        world, time = self._world, self._world.time
        time.sleep(world.connect_seconds)
        if world.gateway.is_away:
            raise NeverLeft("nobody there")
        # The last look and the first byte are one moment: nothing can come in between.
        assert self.process is not None
        if leave_by is not None and time.now + self.process.shift > leave_by:
            raise Withheld
        answers: list[Answer] = []
        came = time.new_event()
        world.checks.departs(self, request)

        def reply(answer: Answer) -> None:
            world.checks.answered(self, request, answer)
            answers.append(answer)
            came.set()

        time.call_at(time.now + world.wire_seconds, lambda: self._arrive(request, reply))
        try:
            came.wait(READ_SECONDS)
        finally:
            answer = answers[0] if answers else "timeout"
            world.checks.returned(self, request, answer)
        return _reply(request, answer)

    def _arrive(self, request: Request[Any], reply: Any) -> None:
        self._world.checks.arrives(self, request)
        self._world.gateway.receive(request, reply)


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

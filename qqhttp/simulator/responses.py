"""The response to a command: its body, its result code and its delay."""

from typing import Final, NamedTuple

from qqhttp.simulator.accounts import Account
from qqhttp.simulator.codec import GatewayRequest


class Response(NamedTuple):
    """A response that has not been sent yet."""

    body: bytes
    code: str  # for the counters: "0", "3", "5", "20", "RS_1" or "NULL"
    delay: float = 0.0  # seconds until it is sent
    second_body: bytes | None = None  # a second reply on the connection (Query_Stat with TN=0)
    limited: Account | None = None  # the account whose minimum interval starts when this is sent


# HTTP 200 with an empty body, which the reference calls NULL.
NULL: Final = Response(b"", "NULL")


def accepted(request: GatewayRequest, tail: str = "0") -> Response:
    """Return RES=0. `tail` starts with the 0, followed by the other fields of the reply."""
    return Response(request.reply(tail), "0")


def illegal_uin(request: GatewayRequest) -> Response:
    """Return RES=5: a number that cannot be a UIN."""
    return Response(request.reply("5"), "5")


def not_logged_in(request: GatewayRequest) -> Response:
    """Return RES=20: the account has no session from this address."""
    return Response(request.reply("20"), "20")


def too_fast(request: GatewayRequest, penalty: float, limited: Account | None = None) -> Response:
    """Return RES=3, sent after `penalty` seconds."""
    return Response(request.reply("3"), "3", penalty, limited=limited)


def refused(request: GatewayRequest, res: int) -> Response:
    """Return RES=`res` without other fields, for a fault."""
    return Response(request.reply(str(res)), str(res))

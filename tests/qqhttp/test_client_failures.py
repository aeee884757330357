"""Failures after a request was sent: one row per kind of failure, with its result code."""

from __future__ import annotations

import contextlib
import logging
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from qqhttp import (
    AckAddToList,
    CltMsg,
    GatewayClient,
    GatewayError,
    Login,
    NoAnswer,
    Request,
    password_digest,
)
from tests.qqhttp.raw_gateway import Peer, http_reply, raw_gateway, reply_body

KEEP = "Connection: keep-alive\r\n"
SECRET = "hush-hush"
DIGEST = password_digest(SECRET)
MESSAGE = CltMsg(seq=1, uin=29501213, un=106814, mg=SECRET)
REPLY = b"VER=1.1&CMD=CLTMSG&SEQ=1&UIN=29501213&"


def after_request(*pieces: bytes) -> Callable[[Peer], None]:
    """Return a script that reads a request, sends `pieces` and closes."""

    def script(peer: Peer) -> None:
        while peer.request():
            for piece in pieces:
                peer.send(piece)
            return

    return script


def reset_after(*pieces: bytes) -> Callable[[Peer], None]:
    def script(peer: Peer) -> None:
        after_request(*pieces)(peer)
        peer.reset()

    return script


def drip(start: bytes, repeated: bytes) -> Callable[[Peer], None]:
    """Return a script that sends `start`, then `repeated` again and again, slowly."""

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(start)
        peer.sock.settimeout(0.02)
        while True:
            peer.send(repeated)
            with contextlib.suppress(TimeoutError):
                if not peer.sock.recv(1):
                    return

    return script


def stream(start: bytes) -> Callable[[Peer], None]:
    """Return a script that sends endlessly, as fast as it can."""

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(start)
        while True:
            peer.send(b"x" * 65536)

    return script


def silent(peer: Peer) -> None:
    """Read requests without answering until the client closes the connection."""
    while peer.request():
        continue


OK = b"HTTP/1.1 200 OK\r\n"
FAILURES: dict[str, tuple[Callable[[Peer], None], str]] = {
    "closed without a byte": (after_request(), "reset"),
    "closed in the status line": (after_request(b"HTTP/1.1 2"), "malformed"),
    "closed in the head": (after_request(OK + b"Content-Le"), "malformed"),
    "closed between headers": (after_request(OK + b"Server: x\r\n"), "NULL"),
    "closed in the body": (after_request(OK + b"Content-Length: 99\r\n\r\n" + REPLY), "reset"),
    "cut so that RES=20 reads as RES=2": (
        after_request(OK + b"Content-Length: %d\r\n\r\n" % (len(REPLY) + 6), REPLY + b"RES=2"),
        "reset",
    ),
    "closed before a body with a length": (
        after_request(OK + b"Content-Length: 9\r\n\r\n"),
        "reset",
    ),
    "closed in a chunk": (
        after_request(OK + b"Transfer-Encoding: chunked\r\n\r\n99\r\n" + REPLY),
        "reset",
    ),
    "a broken chunk": (
        after_request(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + REPLY),
        "reset",
    ),
    "reset without a byte": (reset_after(), "reset"),
    "silence": (silent, "timeout"),
    "a slow head": (drip(OK + b"X: ", b"x"), "timeout"),
    "slow 100 Continue": (
        drip(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 C\r\n\r\n"),
        "timeout",
    ),
    "a slow body": (drip(OK + b"Content-Length: 9999\r\n\r\n", b"x"), "timeout"),
    "a slow body without a length": (drip(OK + b"\r\n", b"x"), "timeout"),
    "half a body, then silence": (drip(OK + b"Content-Length: 99\r\n\r\n" + REPLY, b""), "timeout"),
    "an empty body": (after_request(http_reply(b"")), "NULL"),
    "an empty body without a length": (after_request(OK + b"\r\n"), "NULL"),
    "an empty kept reply": (after_request(http_reply(b"", headers=KEEP)), "NULL"),
    "a body of line ends": (after_request(http_reply(b"\r\n\r\n")), "NULL"),
    "the word NULL": (after_request(http_reply(b"NULL")), "NULL"),
    "HTTP 500": (after_request(http_reply(REPLY + b"RES=0", status="500 Oops")), "HTTP_500"),
    "HTTP 502": (after_request(http_reply(b"", status="502 Bad Gateway")), "HTTP_502"),
    "HTTP 404": (after_request(http_reply(b"", status="404 Not Found")), "HTTP_404"),
    "HTTP 407 without a proxy": (after_request(http_reply(b"", status="407 X")), "HTTP_407"),
    "HTTP 204": (after_request(OK.replace(b"200", b"204") + b"\r\n"), "HTTP_204"),
    "a redirect": (
        after_request(http_reply(b"", status="307 Go", headers="Location: /there\r\n")),
        "HTTP_307",
    ),
    "not HTTP": (after_request(b"hello there\r\n\r\n"), "malformed"),
    "an endless head": (stream(OK + b"X: "), "malformed"),
    "200 headers": (after_request(OK + b"X: y\r\n" * 200 + b"\r\n"), "malformed"),
    "a head without headers": (after_request(OK + b"no header at all\r\n\r\n"), "malformed"),
    "two lengths": (
        after_request(OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
        "malformed",
    ),
    "an endless body": (stream(OK + b"\r\n" + REPLY), "malformed"),
    "a body of 9 MB": (stream(OK + b"Content-Length: 9000000\r\n\r\n"), "malformed"),
    "HTML": (after_request(http_reply(b"<html><a href='x'>RES=0</a></html>")), "malformed"),
    "no RES": (after_request(http_reply(REPLY)), "malformed"),
    "RES is not a number": (after_request(http_reply(REPLY + b"RES=O")), "malformed"),
    "RES in full-width digits": (
        after_request(http_reply(REPLY + "RES=０".encode())),
        "malformed",
    ),
    "binary": (after_request(http_reply(bytes(range(256)))), "malformed"),
}


@pytest.mark.parametrize(("script", "code"), FAILURES.values(), ids=list(FAILURES))
def test_a_failure_after_sending_is_not_definite(script: Callable[[Peer], None], code: str) -> None:
    seconds = 1.0 if code == "timeout" else 10
    with raw_gateway(script) as gateway, GatewayClient(gateway.url, read_timeout=seconds) as client:
        with pytest.raises(NoAnswer) as failed:
            client.exchange(MESSAGE)
        # The connection ends with the failure, before the client is closed.
        assert gateway.hung_up.acquire(timeout=10)

    assert failed.value.code == code
    assert not failed.value.definite
    assert failed.value.is_retryable
    assert len(gateway.requests) == 1, "the request was sent only once"


@pytest.mark.parametrize("ending", ["reset", "close"])
def test_a_kept_connection_that_ends_during_a_request_is_not_definite(ending: str) -> None:
    def script(peer: Peer) -> None:
        first = peer.request()
        assert first
        peer.answer(first, headers=KEEP)
        peer.request()
        if ending == "reset":
            peer.reset()

    with raw_gateway(script) as gateway, GatewayClient(gateway.url) as client:
        client.exchange(MESSAGE)
        with pytest.raises(NoAnswer) as failed:
            client.exchange(MESSAGE)

    assert failed.value.code == "reset"
    assert len(gateway.requests) == 2, "the client does not resend by itself"


SLOW = {"an endless body", "a body of 9 MB"}
SECRET_REQUESTS: list[Request[Any]] = [
    MESSAGE,
    CltMsg(seq=1, uin=29501213, un=106814, mg=SECRET, escape_h=True),
    Login(seq=1, uin=29501213, ps=DIGEST),
    AckAddToList(seq=1, uin=29501213, un=106814, cd=2, rs=SECRET),
]


@pytest.mark.parametrize("request_", SECRET_REQUESTS, ids=lambda r: r.command)
@pytest.mark.parametrize("name", [*sorted(set(FAILURES) - SLOW), "refused", "answered"])
def test_no_secret_is_in_logs_errors_or_tracebacks(
    request_: Request[Any], name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    def echo(peer: Peer) -> None:
        while request := peer.request():
            # A gateway that sends the secrets back.
            rest = f"RES=0&RS=1&RA=no&PS={DIGEST}&MG={SECRET}"
            peer.send(http_reply(reply_body(request, rest), headers=f"X-Echo: {SECRET}\r\n"))

    script = FAILURES[name][0] if name in FAILURES else echo
    with raw_gateway(script) as gateway:
        url = gateway.url if name != "refused" else "http://127.0.0.1:1/"
        reported = _reported(url, request_)

    for secret in (SECRET, SECRET.replace("h", "%68"), DIGEST):
        assert secret not in reported
        assert secret not in caplog.text


def _reported(url: str, request: Request[Any]) -> str:
    """Return everything an error reporter records, variables of the frames included."""
    with GatewayClient(url, read_timeout=0.1) as client:
        try:
            return repr((request, client.exchange(request)))
        except GatewayError as error:
            failure = error
    assert failure.__context__ is None
    assert failure.__cause__ is None
    lines = traceback.TracebackException.from_exception(failure, capture_locals=True)
    return "".join(lines.format()) + repr(failure) + str(vars(failure))

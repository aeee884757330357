"""The server side of one connection: reads requests, applies faults and sends replies."""

import asyncio
import json
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

from qqhttp.simulator.codec import GatewayRequest, parse_request
from qqhttp.simulator.faults import Fault, FaultRules
from qqhttp.simulator.handlers import handle
from qqhttp.simulator.http import (
    CONTINUE,
    BadHTTP,
    Head,
    gateway_reply,
    other_reply,
)
from qqhttp.simulator.request_buffer import RequestBuffer
from qqhttp.simulator.responses import NULL, Response, refused
from qqhttp.simulator.state import GatewayState

# SO_LINGER with a time of 0: closing sends RST.
_NO_LINGER = struct.pack("ii", 1, 0)
_CLOSE_TIMEOUT = 2.0  # seconds for the client to close after the server has
_FOREIGN = "A page of another site asked the browser for this. Only programs and this address may."
_POST_ONLY = b"The gateway accepts only POST. /control/figures shows what it has done.\n"


@dataclass(frozen=True, slots=True)
class Shared:
    """What all connections of a gateway share.

    Attributes:
        state: accounts, messages, counters and settings.
        faults: the active faults.
        control: answers a request to `/control/...` (method, path, body) with status and JSON.
        received: the buffer for incoming bytes. One serves all connections, because it is filled
            and emptied in one step of the event loop.
    """

    state: GatewayState
    faults: FaultRules
    control: Callable[[str, str, bytes], tuple[HTTPStatus, Any]]
    received: memoryview


class Connection(asyncio.BufferedProtocol):
    """One connection. It serves one request at a time, in order of arrival.

    Args:
        shared: what all connections share.
        address: the client's IP address.
        opened: called when the connection is made.
        closed: called when the connection is lost.
    """

    def __init__(
        self,
        shared: Shared,
        address: str,
        opened: Callable[["Connection"], None],
        closed: Callable[["Connection"], None],
    ) -> None:
        self._state = shared.state
        self._faults = shared.faults
        self._answer_control = shared.control
        self._received = shared.received
        self._address = address
        self._opened = opened
        self._closed = closed
        self.is_control = False  # all requests so far were to the control API
        self._is_used = False  # a request to the gateway has come
        self._requests = RequestBuffer()
        self._out: list[bytes] = []
        self._is_busy = False  # a request is delayed or hangs; the next one waits
        self._is_ending = False  # no more requests are read; close after sending
        self._is_half_closed = False  # the client has shut down its side
        self._is_hung = False  # a fault: this request gets no reply
        self._timer: asyncio.TimerHandle | None = None

    # Called by asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport = cast(asyncio.Transport, transport)
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_ending = True
        if self._timer is not None:
            self._timer.cancel()
        self._closed(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._received

    def buffer_updated(self, nbytes: int) -> None:
        if self._is_ending:
            return
        self._requests.add(bytes(self._received[:nbytes]))
        if not self._is_busy:
            self._advance()

    def eof_received(self) -> bool:
        self._is_half_closed = True
        if not self._is_busy and not self._is_ending:
            self._advance()
        # A client that sent its request and then shut down its side still gets the reply.
        return self._is_busy and not self._is_hung

    def pause_writing(self) -> None:
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        if not self._transport.is_closing():
            self._transport.resume_reading()

    # Requests

    def _advance(self) -> None:
        try:
            while not self._is_busy and not self._is_ending:
                request = self._requests.take(is_at_end=self._is_half_closed)
                if self._requests.must_continue():
                    self._transport.write(CONTINUE)
                if request is None:
                    break
                self._serve(*request)
        except BadHTTP as error:
            self._out.append(other_reply(error.status, is_kept=False))
            self._is_ending = True
        if self._is_half_closed and not self._is_busy:
            self._is_ending = True
        self._flush()

    def _serve(self, head: Head, body: bytes) -> None:
        if head.path.startswith("/control"):
            self.is_control = self.is_control or not self._is_used
            self._serve_control(head, body)
            return
        self.is_control = False
        self._is_used = True
        if head.method == "GET" and self._state.settings.is_get_taken and "?" in head.path:
            body = head.path.partition("?")[2].encode("latin-1")
            head = head._replace(method="POST", is_form=True)
        if head.method != "POST":
            status = HTTPStatus.METHOD_NOT_ALLOWED
            self._out.append(other_reply(status, _POST_ONLY, is_kept=False))
            self._is_ending = True
            return
        request = parse_request(body, is_form=head.is_form)
        if request is None:
            self._state.requests["malformed"] += 1
            self._send(head, NULL)
            return
        self._state.requests[request.command] += 1
        if self._faults.rules:
            fault = self._faults.draw(request, "before")
            if fault is not None:
                self._apply_fault(fault, head, request)
                return
            delay = self._faults.latency(request, "before")
            if delay:
                self._later(delay, lambda: self._handle(head, request))
                return
        self._handle(head, request)

    def _handle(self, head: Head, request: GatewayRequest) -> None:
        response = handle(self._state, request, self._address)
        delay = response.delay + self._latency(request)
        if delay:
            if response.limited is not None:
                response.limited.unanswered += 1
            self._later(delay, lambda: self._respond_late(head, request, response))
        else:
            self._respond(head, request, response)

    def _latency(self, request: GatewayRequest) -> float:
        """Return the delay that settings and faults add to a response, in seconds."""
        settings = self._state.settings
        delay = settings.latency
        if settings.jitter:
            delay += self._state.random.uniform(0.0, settings.jitter)
        if self._faults.rules:
            delay += self._faults.latency(request, "after")
        return delay

    def _respond_late(self, head: Head, request: GatewayRequest, response: Response) -> None:
        if response.limited is not None:
            response.limited.unanswered -= 1
        self._respond(head, request, response)

    def _respond(self, head: Head, request: GatewayRequest, response: Response) -> None:
        if response.limited is not None:
            response.limited.replied_at = self._state.clock()
        if self._faults.rules:
            fault = self._faults.draw(request, "after")
            if fault is not None:
                self._apply_fault(fault, head, request, response)
                return
        self._send(head, response)

    def _serve_control(self, head: Head, body: bytes) -> None:
        status, content = HTTPStatus.FORBIDDEN, {"error": _FOREIGN}
        if not head.is_foreign:
            status, content = self._answer_control(head.method, head.path, body)
        payload = json.dumps(content, ensure_ascii=False).encode() + b"\n"
        kind = "application/json"
        self._out.append(other_reply(status, payload, is_kept=head.is_kept, kind=kind))
        if not head.is_kept:
            self._is_ending = True

    def _later(self, delay: float, step: Callable[[], None]) -> None:
        # Not cancelled when the client disconnects: the request is still carried out, and it
        # still counts for the account's rate limit.
        self._is_busy = True
        self._loop.call_later(delay, self._resume, step)

    def _resume(self, step: Callable[[], None]) -> None:
        # The step may delay the request again: first before it is handled, then its response.
        self._is_busy = False
        step()
        if self._is_busy:
            self._flush()
        else:
            self._advance()

    # Replies

    def _send(self, head: Head, response: Response) -> None:
        settings = self._state.settings
        is_silent = settings.is_silent_close
        is_kept = head.is_kept and settings.is_keep_alive and not is_silent
        self._put(response, is_kept=is_kept, is_silent=is_silent)
        if not is_kept:
            self._is_ending = True

    def _put(self, response: Response, *, is_kept: bool, is_silent: bool = False) -> None:
        for body in (response.body, response.second_body):
            if body is not None:
                self._out.append(gateway_reply(body, is_kept=is_kept, is_silent=is_silent))

    def _apply_fault(
        self, fault: Fault, head: Head, request: GatewayRequest, response: Response = NULL
    ) -> None:
        if fault.kind == "empty":
            self._send(head, NULL)
        elif fault.kind == "refuse":
            self._send(head, refused(request, fault.res))
        elif fault.kind == "http":
            self._out.append(other_reply(fault.status, b"Bad day.\n", is_kept=False))
            self._is_ending = True
        elif fault.kind == "reset":
            self.cut()
        elif fault.kind == "hang":
            self._is_busy = self._is_hung = True
            if fault.seconds:
                self._timer = self._loop.call_later(fault.seconds, self.cut)
        else:
            is_lie = fault.kind == "lie"
            self._put(response, is_kept=is_lie, is_silent=not is_lie)
            self._is_ending = True

    # Closing

    def _flush(self) -> None:
        if self._out and not self._transport.is_closing():
            self._transport.write(b"".join(self._out))
        self._out.clear()
        if self._is_ending and not self._transport.is_closing():
            self._finish()

    def _finish(self) -> None:
        if self._is_half_closed:
            self._transport.close()
            return
        # Shut down the sending side and wait for the client to close. Closing with unread bytes
        # (line ends after a body) would reset the connection, and the client might lose the reply.
        try:
            self._transport.write_eof()
        except OSError:
            self._transport.abort()
            return
        self._timer = self._loop.call_later(_CLOSE_TIMEOUT, self._transport.abort)

    def cut(self) -> None:
        """Reset the connection (RST), even if a request is being served."""
        self._is_ending = True
        if not self._transport.is_closing():
            raw = self._transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self._transport.abort()

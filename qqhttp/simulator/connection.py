"""One connection: bytes in, requests in their order, faults where they strike, bytes out."""

import asyncio
import json
import socket
import struct
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from qqhttp.simulator.answers import NULL, Answer, refused
from qqhttp.simulator.commands import answer as answer_to
from qqhttp.simulator.faults import Fault
from qqhttp.simulator.http import (
    CONTINUE,
    MAX_HEAD,
    BadHTTP,
    Head,
    gateway_reply,
    other_reply,
    parse_head,
)
from qqhttp.simulator.wire import Call, parse_call

if TYPE_CHECKING:
    from qqhttp.simulator.server import Server

_NO_LINGER = struct.pack("ii", 1, 0)
_LINE_ENDS = b"\r\n"
_PATIENCE = 2.0  # seconds for a client to close after we did, before we cut it off
_POST_ONLY = b"The gateway takes POST alone. What it did is told under /control/figures.\n"


class Connection(asyncio.BufferedProtocol):
    """The server's side of a connection. One request is under way at a time; others wait."""

    def __init__(self, server: "Server", address: str) -> None:
        self.server = server
        self.world = server.world
        self.address = address
        self.is_control = False  # nothing but the control interface was asked on it
        self._is_used = False
        self._buffer = b""
        self._out: list[bytes] = []
        self._is_busy = False
        self._is_ending = False
        self._is_invited = False  # 100 Continue was sent for the request in the buffer
        self._is_over = False  # the client has shut its side down
        self._is_hung = False  # a fault: this request is never answered
        self._timer: asyncio.TimerHandle | None = None

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.server.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_ending = True
        if self._timer is not None:
            self._timer.cancel()
        self.server.closed(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        # One buffer for all connections: it is filled and emptied in one step of the loop.
        return self.server.received

    def buffer_updated(self, nbytes: int) -> None:
        if self._is_ending:
            return
        data = bytes(self.server.received[:nbytes])
        self._buffer = self._buffer + data if self._buffer else data
        if not self._is_busy:
            self._advance()

    def eof_received(self) -> bool:
        self._is_over = True
        if not self._is_busy and not self._is_ending:
            self._advance()
        # A client that sent its request and shut its side down still gets the answer.
        return self._is_busy and not self._is_hung

    def pause_writing(self) -> None:
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        if not self.transport.is_closing():
            self.transport.resume_reading()

    # Requests

    def _advance(self) -> None:
        try:
            while not self._is_busy and not self._is_ending:
                request = self._next_request()
                if request is None:
                    break
                self._serve(*request)
        except BadHTTP as error:
            self._out.append(other_reply(error.status, is_kept=False))
            self._end()
        if self._is_over and not self._is_busy:
            self._end()
        self._flush()

    def _next_request(self) -> tuple[Head, bytes] | None:
        buffer = self._buffer
        if buffer and buffer[0] in _LINE_ENDS:
            # Line ends behind the last body, or before this request.
            self._buffer = buffer = buffer.lstrip(_LINE_ENDS)
        end, start = buffer.find(b"\r\n\r\n"), 4
        if end < 0:
            end, start = buffer.find(b"\n\n"), 2
        if end < 0:
            if len(buffer) > MAX_HEAD:
                raise BadHTTP(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
            return None
        head = parse_head(buffer[:end])
        start += end
        if head.length is None:
            if not self._is_over:
                return None
            stop = len(buffer)
        else:
            stop = start + head.length
        if len(buffer) < stop:
            if head.is_waiting and not self._is_invited:
                self._is_invited = True
                self.transport.write(CONTINUE)
            return None
        self._is_invited = False
        self._buffer = buffer[stop:]
        return head, buffer[start:stop]

    def _serve(self, head: Head, body: bytes) -> None:
        if head.path.startswith("/control"):
            self.is_control = self.is_control or not self._is_used
            self._control(head, body)
            return
        self.is_control = False
        self._is_used = True
        if head.method != "POST":
            status = HTTPStatus.METHOD_NOT_ALLOWED
            self._out.append(other_reply(status, _POST_ONLY, is_kept=False))
            self._end()
            return
        call = parse_call(body, is_form=head.is_form)
        if call is None:
            self.world.requests["malformed"] += 1
            self._send(head, NULL)
            return
        self.world.requests[call.command] += 1
        if self.server.faults.rules:
            self._serve_at_risk(head, call)
        else:
            self._work(head, call)

    def _serve_at_risk(self, head: Head, call: Call) -> None:
        faults = self.server.faults
        fault = faults.draw(call, "before")
        if fault is not None:
            self._strike(fault, head, call)
            return
        wait = faults.latency(call, "before")
        if wait:
            self._later(wait, lambda: self._work(head, call))
        else:
            self._work(head, call)

    def _work(self, head: Head, call: Call) -> None:
        answer = answer_to(self.world, call, self.address)
        wait = answer.delay + self.server.latency(call)
        if wait:
            if answer.paced is not None:
                answer.paced.unanswered += 1
            self._later(wait, lambda: self._answer_late(head, call, answer))
        else:
            self._answer(head, call, answer)

    def _answer_late(self, head: Head, call: Call, answer: Answer) -> None:
        if answer.paced is not None:
            answer.paced.unanswered -= 1
        self._answer(head, call, answer)

    def _answer(self, head: Head, call: Call, answer: Answer) -> None:
        if answer.paced is not None:
            answer.paced.replied_at = self.world.clock()
        if self.server.faults.rules:
            fault = self.server.faults.draw(call, "after")
            if fault is not None:
                self._strike(fault, head, call, answer)
                return
        self._send(head, answer)

    # Answers

    def _send(self, head: Head, answer: Answer) -> None:
        settings = self.world.settings
        is_silent = settings.is_silent_close
        is_kept = head.is_kept and settings.is_keep_alive and not is_silent
        self._put(answer, is_kept=is_kept, is_silent=is_silent)
        if not is_kept:
            self._end()

    def _put(self, answer: Answer, *, is_kept: bool, is_silent: bool = False) -> None:
        self._out.append(gateway_reply(answer.body, is_kept=is_kept, is_silent=is_silent))
        if answer.second is not None:
            self._out.append(gateway_reply(answer.second, is_kept=is_kept, is_silent=is_silent))

    def _strike(self, fault: Fault, head: Head, call: Call, answer: Answer = NULL) -> None:
        if fault.kind == "empty":
            self._send(head, NULL)
        elif fault.kind == "refuse":
            self._send(head, refused(call, fault.res))
        elif fault.kind == "http":
            self._out.append(other_reply(fault.status, b"Bad day.\n", is_kept=False))
            self._end()
        elif fault.kind == "reset":
            self.cut()
        elif fault.kind == "hang":
            self._is_busy = self._is_hung = True
            if fault.seconds:
                self._timer = self.server.loop.call_later(fault.seconds, self.cut)
        else:
            is_lie = fault.kind == "lie"
            self._put(answer, is_kept=is_lie, is_silent=not is_lie)
            self._end()

    def _later(self, wait: float, step: Callable[[], None]) -> None:
        # Not cancelled when the client goes: its request is under way, and its pace is counted.
        self._is_busy = True
        self.server.loop.call_later(wait, self._resume, step)

    def _resume(self, step: Callable[[], None]) -> None:
        # The step may make us busy again (work first delayed, then its answer).
        self._is_busy = False
        step()
        if self._is_busy:
            self._flush()
        else:
            self._advance()

    def _control(self, head: Head, body: bytes) -> None:
        status, content = self.server.desk.answer(head.method, head.path, body)
        payload = json.dumps(content, ensure_ascii=False).encode() + b"\n"
        kind = "application/json"
        self._out.append(other_reply(status, payload, is_kept=head.is_kept, kind=kind))
        if not head.is_kept:
            self._end()

    # Endings

    def _flush(self) -> None:
        if self._out and not self.transport.is_closing():
            self.transport.write(b"".join(self._out))
        self._out.clear()
        if self._is_ending and not self.transport.is_closing():
            self._finish()

    def _end(self) -> None:
        self._is_ending = True

    def _finish(self) -> None:
        if self._is_over:
            self.transport.close()
            return
        # Shut our side down and wait for the client's: closing over unread bytes (line ends
        # behind a body) would reset the connection, and the client might lose the answer.
        try:
            self.transport.write_eof()
        except OSError:
            self.transport.abort()
            return
        self._timer = self.server.loop.call_later(_PATIENCE, self.transport.abort)

    def cut(self) -> None:
        """Reset the connection (RST), whatever is under way on it."""
        self._is_ending = True
        if not self.transport.is_closing():
            raw = self.transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self.transport.abort()

"""HTTP transport: one request at a time over one socket, as sending a message requires it.

`requests` and urllib3 make the connections (:mod:`qqhttp.connector`), and httptools reads the
replies (:mod:`qqhttp.reply_reader`). In between, a request is one write:

* A failure to connect raises :class:`~qqhttp.errors.NeverLeft`. From the first byte of a request
  on, a failure is a :class:`~qqhttp.errors.NoAnswer`: the request may have left.
* The read timeout applies to the whole reply, so one byte per second is not an answer.
* A connection is kept only after a complete reply that said so, with nothing after it. It is
  checked again just before the next request: what was received meanwhile is the end of the
  connection, or a reply to no request.
* No exception contains a request or a reply.
"""

from __future__ import annotations

import fcntl
import socket
import sys
import termios

from urllib3.util.wait import wait_for_read

from clocks import local
from qqhttp.connector import UNACKNOWLEDGED_SECONDS, Connector
from qqhttp.errors import ConnectionReset, ReadTimeout, Withheld
from qqhttp.reply_reader import ReplyReader

__all__ = ["UNACKNOWLEDGED_SECONDS", "Transport"]

#: The socket option of Linux that returns a connection's state in its first byte.
_TCP_INFO: int | None = getattr(socket, "TCP_INFO", None) if sys.platform == "linux" else None
_ESTABLISHED = 1
_NO_BYTES = bytes(4)
_HEADERS = {
    "Content-Type": "text/plain; charset=UTF-8",
    "Connection": "keep-alive",
    "Accept-Encoding": "identity",
    "User-Agent": "qqhttp",
}
_PIECE_BYTES = 64 * 1024


class Transport:
    """The connection of one client to its gateway.

    Args:
        connector: makes the connections.
        connect_timeout: the time to make a connection and to write a request, in seconds.
        read_timeout: the time to receive the whole reply, in seconds.
    """

    def __init__(
        self, connector: Connector, *, connect_timeout: float, read_timeout: float
    ) -> None:
        self._connector = connector
        self._write_timeout = connect_timeout
        self._read_timeout = read_timeout
        headers = {**connector.headers, **_HEADERS}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        #: All of a request's head but its length, which is different for each.
        self._head = f"POST {connector.target} HTTP/1.1\r\n{lines}Content-Length: ".encode(
            "latin-1"
        )
        #: The kept connection; None while it is in use.
        self._kept: socket.socket | None = None

    def exchange(self, body: bytes, *, leave_by: float | None) -> ReplyReader:
        """Send a request and return its reply, of any status.

        Args:
            body: the request's body.
            leave_by: the latest time to send it, on `clocks.local.elapsed`; None: no limit.

        Raises:
            NeverLeft: no connection could be made, or not by `leave_by`; nothing was sent.
            NoAnswer: it is not known whether the request was carried out.
        """
        sock, self._kept = self._kept, None
        if sock is not None and not self._is_in_step(sock):
            sock.close()
            sock = None
        if sock is None:
            sock = self._connector.connect()
        is_kept = False
        try:
            # Checked just before sending: connecting may have taken long, and the process may have
            # been suspended anywhere above.
            if leave_by is not None and local.elapsed() > leave_by:
                raise Withheld
            reply = self._sent(sock, b"%b%d\r\n\r\n%b" % (self._head, len(body), body))
            is_kept = reply.says_keep_alive and not reply.has_more
        finally:
            # Also when a greenlet is killed here: the reply to come belongs to no later request.
            if is_kept:
                self._kept = sock
            else:
                sock.close()
        return reply

    def close(self) -> None:
        """Close the kept connection, if there is one."""
        sock, self._kept = self._kept, None
        if sock is not None:
            sock.close()

    def _sent(self, sock: socket.socket, request: bytes) -> ReplyReader:
        """Send a request and return its reply; whatever fails here, the request may have left."""
        reply = ReplyReader()
        try:
            sock.settimeout(self._write_timeout)
            try:  # noqa: SIM105 - `suppress` costs more, and every message comes here
                _send(sock, request)
            except BrokenPipeError:
                pass  # it may have answered before it closed
            self._read(sock, reply)
        except TimeoutError:
            raise ReadTimeout(self._read_timeout) from None
        except OSError:
            raise ConnectionReset from None
        finally:
            reply.release()
        return reply

    def _read(self, sock: socket.socket, reply: ReplyReader) -> None:
        left = self._read_timeout
        ends_at = local.elapsed() + left
        while left > 0:
            sock.settimeout(left)
            piece = sock.recv(_PIECE_BYTES)
            if not piece:
                reply.end()
                return
            if reply.feed(piece):
                return
            left = ends_at - local.elapsed()
        raise TimeoutError

    def _is_in_step(self, sock: socket.socket) -> bool:
        """Return whether a kept connection can be used: nothing was received since its last reply.

        Anything received then is the end of the connection, or an unexpected reply (the second one
        to a Query_Stat). urllib3 polls the socket, which under gevent takes a turn of the event
        loop. On Linux this asks the kernel instead, without a switch.
        """
        if _TCP_INFO is None or not self._connector.is_plain:
            return not _has_input(sock)
        try:
            state = sock.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, 1)[0]
            unread = fcntl.ioctl(sock.fileno(), termios.FIONREAD, _NO_BYTES)
        except OSError:
            return False
        return bool(state == _ESTABLISHED and unread == _NO_BYTES)


def _send(sock: socket.socket, request: bytes) -> None:
    """Send a request: nearly always one call, without what `sendall` prepares for more."""
    left = len(request) - sock.send(request)
    if left:
        sock.sendall(request[-left:])


def _has_input(sock: socket.socket) -> bool:
    """Return whether bytes, or the end of the connection, can be read."""
    pending = getattr(sock, "pending", None)  # bytes that TLS has decrypted already
    return bool(pending and pending()) or bool(wait_for_read(sock, timeout=0.0))

"""HTTP transport: `requests` and `urllib3`, adapted to what sending a message requires.

Plain `requests` has these problems, solved here:

* It does not say whether a failed request was sent. Here a failure to connect raises
  :class:`~qqhttp.errors.NeverLeft` where it happens. Any later failure is a
  :class:`~qqhttp.errors.NoAnswer`.
* Its read timeout applies to each piece received, so a reply of one byte per second never times
  out. Here it applies to the whole reply.
* Its exceptions contain the request, and so the message's text. Here they never reach the caller.
* For each request it looks up the connection pool, proxies, path and cookies, and it sends head and
  body separately. Here the look-ups are done once, because a client has only one URL, and a request
  is sent in one piece.
"""

from __future__ import annotations

import fcntl
import http.client
import io
import socket
import sys
import termios
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.util import parse_url

from clocks import local
from qqhttp.connect_messages import connect_message
from qqhttp.errors import NeverLeft, Withheld
from qqhttp.translatable import Translatable

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer  # exists only for type checkers


#: How long sent bytes may stay unacknowledged, in seconds (Linux). After that the kernel drops a
#: request that a broken link delays. Otherwise the request could reach the gateway later, when
#: another worker sends for the account. The wait for a reply is not affected.
UNACKNOWLEDGED_SECONDS = 4.0
_SOCKET_OPTIONS = list(HTTPConnection.default_socket_options)
if hasattr(socket, "TCP_USER_TIMEOUT"):
    _SOCKET_OPTIONS.append(
        (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(UNACKNOWLEDGED_SECONDS * 1000))
    )
#: The socket option of Linux that returns a connection's state in its first byte.
_TCP_INFO: int | None = getattr(socket, "TCP_INFO", None) if sys.platform == "linux" else None
_ESTABLISHED = 1


class _DeadlineReader(io.RawIOBase):
    """Reads from a socket and raises TimeoutError when the whole reply takes too long."""

    def __init__(self, source: io.RawIOBase, sock: socket.socket, seconds: float) -> None:
        self._source = source
        self._sock = sock
        self._ends_at = local.elapsed() + seconds

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        """Read the available bytes, and wait for them at most until the deadline."""
        left = self._ends_at - local.elapsed()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        return self._source.readinto(buffer)

    def close(self) -> None:
        """Release the socket."""
        self._source.close()
        super().close()


class _BoundedResponse(http.client.HTTPResponse):
    """A reply for which the socket's timeout applies to the whole."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        seconds = sock.gettimeout()
        if seconds is not None:
            source = self.fp.detach()
            self.fp = io.BufferedReader(_DeadlineReader(source, sock, seconds))

    def begin(self) -> None:
        """Read the reply's head; raise HTTPException if it is malformed.

        urllib3 would log the malformed part, which may be part of a message's text.
        """
        super().begin()
        if self.msg.defects or self.msg.get_payload():
            raise http.client.HTTPException("broken header")


class _GatewayConnection(HTTPConnection):
    """A connection that reports whether a request was sent, and sends it in one piece."""

    response_class = _BoundedResponse
    _held: list[bytes] | None = None
    #: The latest time to send a request, on the clock `clocks.local.elapsed`; None: no limit.
    leave_by: float | None = None

    @property
    def is_connected(self) -> bool:
        """Whether an idle connection can be reused: nothing was received since its last reply.

        Anything received then is the end of the connection, or an unexpected reply (the second one
        to a Query_Stat). urllib3 polls the socket, which under gevent takes a turn of the event
        loop. On Linux this asks the kernel instead, without a switch.
        """
        if self.sock is None or _TCP_INFO is None or isinstance(self, HTTPSConnection):
            return super().is_connected
        try:
            state = self.sock.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, 1)[0]
            unread = fcntl.ioctl(self.sock.fileno(), termios.FIONREAD, bytes(4))
        except OSError:
            return False
        return state == _ESTABLISHED and not any(unread)

    def connect(self) -> None:
        """Connect; raise `NeverLeft` on a failure, because nothing has been sent yet."""
        sentence: Translatable | None = None
        try:
            super().connect()
        except (OSError, HTTPError, UnicodeError, http.client.HTTPException) as error:
            sentence = connect_message(self, error)
        if sentence is not None:
            self.close()
            raise NeverLeft(sentence)

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:
        """Send head and body in one piece, which halves the system calls and packets.

        Raises:
            Withheld: it is later than `leave_by`.
        """
        self._held = []
        try:
            super().request(method, url, *args, **kwargs)
        finally:
            held, self._held = self._held, None
        if self.sock is None:
            self.connect()
        # Checked just before sending: connecting may have taken long, and the process may have
        # been suspended anywhere above.
        if self.leave_by is not None and local.elapsed() > self.leave_by:
            raise Withheld
        self.send(b"".join(held))

    def send(self, data: Any) -> None:
        """Send `data`, or collect it while :meth:`request` builds a request."""
        if self._held is None:
            super().send(data)
        else:
            self._held.append(data)


class _SecureGatewayConnection(_GatewayConnection, HTTPSConnection):
    """The same over TLS."""


class _PassesLeaveBy:
    """A pool that passes `leave_by` on to its connection."""

    leave_by: float | None = None

    def _make_request(self, conn: Any, *args: Any, **kwargs: Any) -> Any:
        conn.leave_by = self.leave_by
        make: Any = super()._make_request  # type: ignore[misc]  # a mixin of urllib3's pools
        return make(conn, *args, **kwargs)


class _GatewayPool(_PassesLeaveBy, HTTPConnectionPool):
    ConnectionCls = _GatewayConnection


class _SecureGatewayPool(_PassesLeaveBy, HTTPSConnectionPool):
    ConnectionCls = _SecureGatewayConnection


class GatewayAdapter(HTTPAdapter):
    """An adapter for one URL and one connection, used for one request at a time.

    Args:
        url: the URL of all requests.
        source_address: the local address to connect from, or None.
        proxy: the proxy's URL, or None.
    """

    def __init__(self, url: str, *, source_address: str | None, proxy: str | None) -> None:
        self._source: dict[str, Any] = (
            {"source_address": (source_address, 0)} if source_address else {}
        )
        self._pool: Any = None
        #: The latest time to send the next request, on `clocks.local.elapsed`; None: no limit.
        self.leave_by: float | None = None
        self._target: str | None = None
        super().__init__(pool_connections=1, pool_maxsize=1)
        self.proxies = {parse_url(url).scheme or "http": proxy} if proxy else {}
        if proxy:
            options = {"socket_options": _SOCKET_OPTIONS, **self._source}
            _use_gateway_pools(self.proxy_manager_for(proxy, **options))

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **kwargs: Any
    ) -> None:
        """Make the pool manager with the source address and the connection class above."""
        super().init_poolmanager(
            connections, maxsize, block, socket_options=_SOCKET_OPTIONS, **kwargs, **self._source
        )
        _use_gateway_pools(self.poolmanager)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """Return the pool. It is looked up only once."""
        if self._pool is None:
            self._pool = super().get_connection_with_tls_context(*args, **kwargs)
        self._pool.leave_by = self.leave_by
        return self._pool

    def request_url(
        self, request: requests.PreparedRequest, proxies: Mapping[str, str] | None
    ) -> str:
        """Return the target of the request line. It is computed only once."""
        if self._target is None:
            self._target = super().request_url(request, proxies)
        return self._target

    def close(self) -> None:
        """Close the connection; the next request makes a new one.

        urllib3 would close the pool only when its last reference is gone.
        """
        if self._pool is not None:
            self._pool.close()
            self._pool = None
        super().close()

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """Return the response without cookies, encodings or a reference to the request."""
        response = requests.Response()
        response.status_code = resp.status
        response.headers = resp.headers
        response.raw = resp
        return response


def _use_gateway_pools(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _GatewayPool, "https": _SecureGatewayPool}

"""How bytes go to the gateway and come back: `requests` and `urllib3`, held on a short lead.

What plain `requests` does that a message must not meet, and what is done about it here:

* It cannot say whether a failed request had left. Here everything that fails while connecting is
  raised as :class:`~qqhttp.errors.NeverLeft` at the very place where it fails; whatever comes
  later is a :class:`~qqhttp.errors.NoAnswer`.
* Its read timeout holds for each piece received, so a server that drips a byte a second is waited
  for without end. Here it holds for the whole reply.
* Its exceptions hold the request, and so the message's text. Here none of them gets out.
* It looks up the connection pool, the proxies, the path and the cookies anew for each request, and
  sends head and body apart. A client talks to one URL for ever: here that is done once.
"""

from __future__ import annotations

import fcntl
import http.client
import io
import socket
import sys
import termios
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NameResolutionError
from urllib3.util import parse_url

from clocks import local
from qqhttp.errors import NeverLeft, Withheld
from qqhttp.translatable import Translatable
from qqhttp.translatable import Translatable as _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from _typeshed import WriteableBuffer


#: How long what was sent may stay unacknowledged, seconds. A request that a broken link holds
#: back dies in this machine's kernel, instead of reaching the gateway when the link is mended and
#: somebody else speaks for the account. Waiting for a reply is not affected. Linux has it.
UNACKNOWLEDGED_SECONDS = 4.0
_SOCKET_OPTIONS = list(HTTPConnection.default_socket_options)
if hasattr(socket, "TCP_USER_TIMEOUT"):
    _SOCKET_OPTIONS.append(
        (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(UNACKNOWLEDGED_SECONDS * 1000))
    )
#: How Linux tells the state of a connection; the first byte of its answer is the state.
_TCP_INFO: int | None = getattr(socket, "TCP_INFO", None) if sys.platform == "linux" else None
_ESTABLISHED = 1


class _DeadlineReader(io.RawIOBase):
    """Reads from a socket, and gives up when the whole reply has taken too long."""

    def __init__(self, source: io.RawIOBase, sock: socket.socket, seconds: float) -> None:
        self._source = source
        self._sock = sock
        self._ends_at = local.elapsed() + seconds

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        """Read what is there, waiting no longer than the reply has time left."""
        left = self._ends_at - local.elapsed()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        return self._source.readinto(buffer)

    def close(self) -> None:
        """Let go of the socket."""
        self._source.close()
        super().close()


class _BoundedResponse(http.client.HTTPResponse):
    """A reply that has to be there as a whole within the socket's timeout."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        seconds = sock.gettimeout()
        if seconds is not None:
            source = self.fp.detach()
            self.fp = io.BufferedReader(_DeadlineReader(source, sock, seconds))

    def begin(self) -> None:
        """Read the reply's head; one that is broken ends here.

        urllib3 would log what it could not read, and that may be a part of somebody's message.
        """
        super().begin()
        if self.msg.defects or self.msg.get_payload():
            raise http.client.HTTPException("broken header")


class _GatewayConnection(HTTPConnection):
    """A connection that knows when a request may have left, and sends it in one piece."""

    response_class = _BoundedResponse
    _held: list[bytes] | None = None
    #: Until when a request may leave, on `clocks.local.elapsed`; None: at any time.
    leave_by: float | None = None

    @property
    def is_connected(self) -> bool:
        """Whether an idle connection can be used again: nothing came on it since its last reply.

        What comes is its end, or an answer nobody asked for (the gateway's second one to a
        Query_Stat). urllib3 polls for it, which under gevent costs a turn of the loop; where the
        kernel can simply be asked, it is.
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
        """Connect, or raise `NeverLeft`: nothing has been sent before this is done."""
        sentence: Translatable | None = None
        try:
            super().connect()
        except (OSError, HTTPError, UnicodeError, http.client.HTTPException) as error:
            sentence = _why_not_connected(self, error)
        if sentence is not None:
            self.close()
            raise NeverLeft(sentence)

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:
        """Send a request, head and body in one piece: half the system calls and packets."""
        self._held = []
        try:
            super().request(method, url, *args, **kwargs)
        finally:
            held, self._held = self._held, None
        if self.sock is None:
            self.connect()
        # The last moment at which it can still be held back: connecting may have taken long, and
        # the process may have been stopped anywhere above.
        if self.leave_by is not None and local.elapsed() > self.leave_by:
            raise Withheld
        self.send(b"".join(held))

    def send(self, data: Any) -> None:
        """Send, or hold what a request consists of until it is whole."""
        if self._held is None:
            super().send(data)
        else:
            self._held.append(data)


class _SecureGatewayConnection(_GatewayConnection, HTTPSConnection):
    """The same over TLS."""


class _LeavesInTime:
    """A pool that tells its connection until when a request may leave."""

    leave_by: float | None = None

    def _make_request(self, conn: Any, *args: Any, **kwargs: Any) -> Any:
        conn.leave_by = self.leave_by
        make: Any = super()._make_request  # type: ignore[misc]  # a mixin of urllib3's pools
        return make(conn, *args, **kwargs)


class _GatewayPool(_LeavesInTime, HTTPConnectionPool):
    ConnectionCls = _GatewayConnection


class _SecureGatewayPool(_LeavesInTime, HTTPSConnectionPool):
    ConnectionCls = _SecureGatewayConnection


class GatewayAdapter(HTTPAdapter):
    """An adapter for one URL, one connection and one lane.

    Args:
        url: where every request goes.
        source_address: the local address to connect from, or None.
        proxy: the proxy's URL, or None.
    """

    def __init__(self, url: str, *, source_address: str | None, proxy: str | None) -> None:
        self._source: dict[str, Any] = (
            {"source_address": (source_address, 0)} if source_address else {}
        )
        self._pool: Any = None
        #: Until when the next request may leave, on `clocks.local.elapsed`; None: at any time.
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
        """Make the pool with the source address and the lane's connections."""
        super().init_poolmanager(
            connections, maxsize, block, socket_options=_SOCKET_OPTIONS, **kwargs, **self._source
        )
        _use_gateway_pools(self.poolmanager)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """Return the pool, looked up once."""
        if self._pool is None:
            self._pool = super().get_connection_with_tls_context(*args, **kwargs)
        self._pool.leave_by = self.leave_by
        return self._pool

    def request_url(
        self, request: requests.PreparedRequest, proxies: Mapping[str, str] | None
    ) -> str:
        """Return what stands in the request line, worked out once."""
        if self._target is None:
            self._target = super().request_url(request, proxies)
        return self._target

    def close(self) -> None:
        """Close the connection; the next request makes a new one.

        The pool is closed by hand: urllib3 leaves that to the end of its last reference.
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


@dataclass(frozen=True)
class _Why:
    """The sentences for a party that could not be connected to."""

    unresolved: Translatable
    refused: Translatable
    took_too_long: Translatable
    failed: Translatable
    failed_from: Translatable
    otherwise: Translatable


_GATEWAY = _Why(
    _("The gateway's name %(host)s cannot be resolved. Check its address."),
    _("The gateway at %(where)s refuses connections. Check its address and that it is up."),
    _("The gateway at %(where)s cannot be reached: connecting took too long."),
    _("The gateway at %(where)s cannot be reached: %(problem)s."),
    _(
        "The gateway at %(where)s cannot be reached from the source address %(source)s: "
        "%(problem)s."
    ),
    _("No connection could be made to the gateway at %(where)s. Check its address."),
)
_PROXY = _Why(
    _("The proxy's name %(host)s cannot be resolved. Check its address."),
    _("The proxy at %(where)s refuses connections. Check its address and that it is up."),
    _("The proxy at %(where)s cannot be reached: connecting took too long."),
    _("The proxy at %(where)s cannot be reached: %(problem)s."),
    _("The proxy at %(where)s cannot be reached from the source address %(source)s: %(problem)s."),
    _("No connection could be made to the proxy at %(where)s. Check its address."),
)


#: What Linux says most often when no connection can be made; named for the catalogues.
_OF_THE_SYSTEM = (
    _("Cannot assign requested address"),
    _("Network is unreachable"),
    _("No route to host"),
)


def _why_not_connected(connection: HTTPConnection, error: Exception) -> Translatable:
    """Return a sentence; proxies may carry a password, so only hosts and ports are named."""
    why = _GATEWAY if connection.proxy is None else _PROXY
    where = {"where": f"{connection.host}:{connection.port}"}
    cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
    if isinstance(error, NameResolutionError):
        return why.unresolved % {"host": connection.host}
    if isinstance(cause, ConnectionRefusedError):
        return why.refused % where
    if isinstance(cause, TimeoutError):
        return why.took_too_long % where
    if isinstance(cause, OSError) and cause.strerror:
        source, problem = connection.source_address, _(cause.strerror)
        if source:
            return why.failed_from % {**where, "source": source[0], "problem": problem}
        return why.failed % {**where, "problem": problem}
    return why.otherwise % where

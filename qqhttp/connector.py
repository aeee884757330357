"""Makes connections to the gateway with `requests` and `urllib3`.

They choose the proxy and its login, resolve the name, bind the source address, open a tunnel
through the proxy (CONNECT), and check the certificate. What is sent over a connection, and what
comes back, is read and written by :mod:`qqhttp.transport`.
"""

from __future__ import annotations

import http.client
import io
import socket
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.util import parse_url

from clocks import local
from qqhttp.connect_messages import connect_message
from qqhttp.errors import NeverLeft
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
    """A proxy's reply to CONNECT, for which the socket's timeout applies to the whole."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        seconds = sock.gettimeout()
        if seconds is not None:
            source = self.fp.detach()
            self.fp = io.BufferedReader(_DeadlineReader(source, sock, seconds))


class _GatewayConnection(HTTPConnection):
    """A connection to a host, over which this module sends nothing but a CONNECT."""

    response_class = _BoundedResponse

    def _new_conn(self) -> socket.socket:
        """Connect; if the host is an IP address, without a look-up.

        Under gevent a look-up takes a thread, which costs as much as the rest of an exchange.
        """
        family = _family(self.host)
        if family is None:
            return super()._new_conn()
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            for option in self.socket_options or ():
                sock.setsockopt(*option)
            sock.settimeout(self.timeout)
            if self.source_address:
                sock.bind(self.source_address)
            sock.connect((self.host, self.port))
        except BaseException:
            sock.close()
            raise
        return sock


class _SecureGatewayConnection(_GatewayConnection, HTTPSConnection):
    """The same over TLS."""


class _GatewayPool(HTTPConnectionPool):
    ConnectionCls = _GatewayConnection


class _SecureGatewayPool(HTTPSConnectionPool):
    ConnectionCls = _SecureGatewayConnection


@lru_cache(maxsize=16)
def _family(host: str) -> socket.AddressFamily | None:
    """Return the family of an IP address, or None if `host` is not one."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host)
        except OSError:
            continue
        return family
    return None


class Connector:
    """Makes connections to one gateway, through one proxy if there is one.

    Args:
        url: the gateway's URL.
        source_address: the local address to connect from, or None.
        proxy: the proxy's URL, with its login if it needs one, or None.
        timeout: the time to make a connection, in seconds.

    Attributes:
        target: of the request line: the path, or the whole URL for a proxy that forwards.
        headers: what the host or a proxy that forwards needs, without the request's own.
        forwards: whether a proxy receives the requests themselves.
        is_plain: whether its connections are sockets without TLS.
    """

    def __init__(
        self, url: str, *, source_address: str | None, proxy: str | None, timeout: float
    ) -> None:
        self._timeout = timeout
        parts = parse_url(url)
        adapter = _GatewayAdapter(source_address=source_address)
        is_secure = parts.scheme == "https"
        self._tunnels = bool(proxy) and is_secure
        self.forwards = bool(proxy) and not is_secure
        self.is_plain = not is_secure and not (proxy or "").startswith("https:")
        shown = parts._replace(auth=None, fragment=None)
        self.target = shown.url if self.forwards else shown.request_uri
        default = http.client.HTTPS_PORT if is_secure else http.client.HTTP_PORT
        has_port = parts.port not in (None, default)
        self.headers = {"Host": f"{parts.host}:{parts.port}" if has_port else str(parts.host)}
        if proxy and self.forwards:
            self.headers |= adapter.proxy_headers(proxy)
        request = requests.PreparedRequest()
        request.url = url
        self._pool: Any = adapter.get_connection_with_tls_context(
            request, True, proxies={parts.scheme or "http": proxy} if proxy else {}
        )
        verify: Any = adapter.cert_verify  # has no types
        verify(self._pool, url, True, None)

    def connect(self) -> socket.socket:
        """Return a new connection.

        Raises:
            NeverLeft: it cannot be made. Nothing was sent to the gateway.
        """
        connection = self._pool._new_conn()
        connection.timeout = self._timeout
        sentence: Translatable | None = None
        try:
            if self._tunnels:
                self._pool._prepare_proxy(connection)
            else:
                connection.connect()
        except (OSError, HTTPError, ValueError, http.client.HTTPException) as error:
            sentence = connect_message(connection, error)
        except BaseException:
            connection.close()
            raise
        if sentence is not None:
            connection.close()
            raise NeverLeft(sentence)
        sock: socket.socket = connection.sock
        return sock


@lru_cache(maxsize=4)
def connector_for(
    url: str, source_address: str | None, proxy: str | None, timeout: float
) -> Connector:
    """Return the connector of all clients with these settings; a worker's lanes share one."""
    return Connector(url, source_address=source_address, proxy=proxy, timeout=timeout)


class _GatewayAdapter(HTTPAdapter):
    """`requests`' adapter, used for its connection pools; they keep no connections here."""

    def __init__(self, *, source_address: str | None) -> None:
        self._options: dict[str, Any] = {"socket_options": _SOCKET_OPTIONS}
        if source_address:
            self._options["source_address"] = (source_address, 0)
        super().__init__(pool_connections=1, pool_maxsize=1)

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **kwargs: Any
    ) -> None:
        """Make the pool manager with the socket options and the connection class above."""
        super().init_poolmanager(connections, maxsize, block, **kwargs, **self._options)
        _use_gateway_pools(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Return the pool manager of a proxy, with the same options."""
        manager = super().proxy_manager_for(proxy, **self._options, **kwargs)
        _use_gateway_pools(manager)
        return manager


def _use_gateway_pools(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _GatewayPool, "https": _SecureGatewayPool}

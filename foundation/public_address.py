"""Connections to addresses on the Internet alone, for URLs that operators typed.

A webhook must not reach what only this machine can reach: the database, the cloud's metadata
service, the office network. The name is resolved here, and the address that was checked is the one
that is connected to, so that a name that resolves differently the second time gains nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError

from foundation.refusals import Refusal
from foundation.sentences import Sentence as _

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
#: Addresses of IPv4 written inside IPv6 (RFC 6052, NAT64): the last 32 bits.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_public(text: str) -> bool:
    """Return whether an IP address is one on the Internet, in whatever form it hides another."""
    try:
        address: Address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return all(one.is_global and not one.is_multicast for one in _addresses_in(address))


def _addresses_in(address: Address) -> list[Address]:
    """Return an address and the IPv4 addresses that it stands for."""
    found: list[Address] = [address]
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return [address.ipv4_mapped]
        if address.sixtofour is not None:
            found.append(address.sixtofour)
        if address.teredo is not None:
            found.extend(address.teredo)
        if address in _NAT64:
            found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return found


def refuse_private(address: str) -> None:
    """Refuse an IP address that is not on the Internet, unless WEBHOOK_ALLOW_PRIVATE is set.

    Raises:
        Refusal: it is not (`private_address`).
    """
    if settings.WEBHOOK_ALLOW_PRIVATE or is_public(address):
        return
    raise Refusal(
        _(
            "The webhook's name leads to %(address)s, which is not an address on the Internet. Use "
            "another URL, or ask the administrator to set WEBHOOK_ALLOW_PRIVATE=1."
        )
        % {"address": address[:60]},
        code="private_address",
    )


class PrivateAddressError(Exception):
    """The connection was refused; carries the refusal through urllib3."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.sentence)
        self.refusal = refusal


def _connect(connection: Any) -> socket.socket:
    """Return a socket that is connected to the first address of a name that answers.

    Every address of the name must be on the Internet.
    """
    timeout = connection.timeout if isinstance(connection.timeout, int | float) else None
    try:
        found = socket.getaddrinfo(connection._dns_host, connection.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as problem:
        raise NewConnectionError(connection, f"no address: {problem}") from None
    for *_family, where in found:
        try:
            refuse_private(str(where[0]))
        except Refusal as refusal:
            raise PrivateAddressError(refusal) from None
    last: OSError | None = None
    for family, kind, protocol, _name, where in found:
        made = socket.socket(family, kind, protocol)
        made.settimeout(timeout)
        try:
            made.connect(where)
        except OSError as problem:
            made.close()
            last = problem
        else:
            return made
    raise NewConnectionError(connection, f"not reached: {last}")


class _PlainConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _watched(self, _connect(self))


class _TLSConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _watched(self, _connect(self))


def _watched(connection: Any, made: socket.socket) -> socket.socket:
    """Remember the socket, so that a request that takes too long can be cut."""
    connection.sockets.append(made)
    return made


class PublicAdapter(HTTPAdapter):
    """Connects to addresses on the Internet alone. One adapter is for one request.

    Attributes:
        sockets: the connected sockets.
    """

    def __init__(self) -> None:
        self.sockets: list[socket.socket] = []
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make pools whose connections check their address."""
        super().init_poolmanager(*args, **kwargs)
        plain = type("Plain", (_PlainConnection,), {"sockets": self.sockets})
        tls = type("TLS", (_TLSConnection,), {"sockets": self.sockets})
        self.poolmanager.pool_classes_by_scheme = {
            "http": type("PlainPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("TLSPool", (HTTPSConnectionPool,), {"ConnectionCls": tls}),
        }


class _Session(requests.Session):
    """Knows no redirects.

    To offer the next request, requests would read all of a redirect's body, and decompress it.
    """

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return that there is none."""


def public_session() -> tuple[requests.Session, PublicAdapter]:
    """Return a session that reaches addresses on the Internet alone, without any proxy."""
    session = _Session()
    session.trust_env = False  # a proxy would connect in our place, to any address
    adapter = PublicAdapter()
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session, adapter

"""The client: one account's connection to a gateway, used for one request at a time.

A readable reply is returned with any RES. Everything else is raised as an error that says whether
the request may have been carried out (:mod:`qqhttp.errors`).
"""

from __future__ import annotations

import http.client
import ipaddress
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import urlsplit

from qqhttp.codec import parse
from qqhttp.connector import connector_for
from qqhttp.errors import EmptyReply, GatewayError, HttpError, NeverLeft
from qqhttp.replies import Reply
from qqhttp.reply_reader import ReplyReader
from qqhttp.request import Request
from qqhttp.translatable import Translatable as _
from qqhttp.transport import Transport

R = TypeVar("R", bound=Reply)


class GatewayClient:
    """A client for one account at one gateway.

    It starts no thread, so it works under gevent; clients share nothing but what makes connections
    to the same gateway. A connection is reused only if the last reply said
    ``Connection: keep-alive``. The gateway may close any other connection without notice, and it
    would not be known whether a request sent on it arrived.

    Args:
        url: the gateway's URL, ``http://host:port/``.
        source_address: the local IP address to connect from, or None for the default.
        proxy: the URL of an HTTP proxy, with its login if it needs one, or None.
        connect_timeout: the time to make a connection, in seconds.
        read_timeout: the time to receive the whole reply, in seconds. It must be longer than the
            longest penalty (30 s for DelFromList). Otherwise a delayed RES=3 is taken for a lost
            reply, and its replay breaks the rate limit again.

    Raises:
        ValueError: a URL or an address is malformed.
    """

    def __init__(
        self,
        url: str,
        *,
        source_address: str | None = None,
        proxy: str | None = None,
        connect_timeout: float = 5.0,
        read_timeout: float = 45.0,
    ) -> None:
        self._connector = connector_for(
            _checked_url(url, "gateway"),
            _checked_address(source_address) if source_address else None,
            _checked_url(proxy, "proxy") if proxy else None,
            connect_timeout,
        )
        self._transport = Transport(
            self._connector, connect_timeout=connect_timeout, read_timeout=read_timeout
        )

    def exchange(self, request: Request[R], *, leave_by: float | None = None) -> R:
        """Send a request and return the reply, with any RES.

        Args:
            request: the request.
            leave_by: the latest time to send it, on the clock `clocks.local.elapsed`. It is
                checked when the connection is ready, just before the bytes are written.

        Raises:
            NeverLeft: no connection could be made, or not by `leave_by`; nothing was sent.
            NoAnswer: it is not known whether the request was carried out.
        """
        outcome = self._try(request, leave_by)
        # Raised here, without a chain: the tracebacks of the lower layers contain the request's
        # body in their frames, and an error reporter would record it.
        if isinstance(outcome, GatewayError):
            raise outcome
        return outcome

    def close(self) -> None:
        """Close the connection, if there is one. The client can be used again."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _try(self, request: Request[R], leave_by: float | None) -> R | GatewayError:
        body = request.encode()
        try:
            return self._read(self._transport.exchange(body, leave_by=leave_by), request)
        except GatewayError as error:
            self._transport.close()  # a connection is kept only if there was no error
            error.__context__ = error.__cause__ = None
            return error.with_traceback(None)

    def _read(self, reply: ReplyReader, request: Request[R]) -> R:
        """Return the typed reply."""
        if reply.status != http.client.OK:
            raise self._status_error(reply.status)
        if reply.body.strip() in (b"", b"NULL"):
            raise EmptyReply
        return request.read(parse(reply.body))

    def _status_error(self, status: int) -> GatewayError:
        # Only a proxy that forwards can refuse a request that it has not passed on. Through a
        # tunnel, this status is the gateway's own: it has the request.
        if status == http.client.PROXY_AUTHENTICATION_REQUIRED and self._connector.forwards:
            return NeverLeft(_("The proxy requires a login (HTTP 407). Check the egress's proxy."))
        return HttpError(status)


def _checked_url(url: str, what: str) -> str:
    """Return the URL with a path.

    Raises:
        ValueError: it is not an HTTP URL. The message does not quote it: it may contain a login.
    """
    try:
        parts = urlsplit(url)
        is_right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_right = False
    if not is_right:
        raise ValueError(f"The {what}'s address must look like http://host:port/.")
    return parts._replace(path=parts.path or "/", fragment="").geturl()


def _checked_address(address: str) -> str:
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        raise ValueError(
            "The source address must be an IP address of this machine, such as 192.0.2.7."
        ) from None

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

import requests
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError as TransportError
from urllib3.exceptions import InvalidHeader, ReadTimeoutError

from qqhttp.codec import parse
from qqhttp.errors import (
    ConnectionReset,
    EmptyReply,
    GatewayError,
    HttpError,
    MalformedReply,
    NeverLeft,
    NoAnswer,
    ReadTimeout,
)
from qqhttp.replies import Reply
from qqhttp.request import Request
from qqhttp.translatable import Translatable as _
from qqhttp.transport import GatewayAdapter

R = TypeVar("R", bound=Reply)

MAX_REPLY_BYTES = 8 * 1024 * 1024
"""The longest reply that is read. A friend list of half a million UINs fits in it."""

_HEADERS = {
    "Content-Type": "text/plain; charset=UTF-8",
    "Connection": "keep-alive",
    "Accept-Encoding": "identity",
    "User-Agent": "qqhttp",
}


class GatewayClient:
    """A client for one account at one gateway.

    It has no global state and starts no thread, so it works under gevent. A connection is reused
    only if the last reply said ``Connection: keep-alive``. The gateway may close any other
    connection without notice, and it would not be known whether a request sent on it arrived.

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
        self._url = _checked_url(url, "gateway")
        self._has_proxy = bool(proxy)
        self._timeout = (connect_timeout, read_timeout)
        self._adapter = GatewayAdapter(
            self._url,
            source_address=_checked_address(source_address) if source_address else None,
            proxy=_checked_url(proxy, "proxy") if proxy else None,
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
        self._adapter.leave_by = leave_by
        outcome = self._try(request)
        # Raised here, without a chain: the tracebacks of the lower layers contain the request's
        # body in their frames, and an error reporter would record it.
        if isinstance(outcome, GatewayError):
            raise outcome
        return outcome

    def close(self) -> None:
        """Close the connection, if there is one. The client can be used again."""
        self._adapter.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _try(self, request: Request[R]) -> R | GatewayError:
        try:
            response = self._adapter.send(
                _prepared(self._url, request.encode()),
                stream=True,
                timeout=self._timeout,
                proxies=self._adapter.proxies,
            )
            return self._read(response, request)
        except GatewayError as error:
            error.__context__ = error.__cause__ = None
            return error.with_traceback(None)
        except (
            requests.RequestException,
            TransportError,
            http.client.HTTPException,
            OSError,
        ) as error:
            return _no_answer(error, self._timeout[1])

    def _read(self, response: requests.Response, request: Request[R]) -> R:
        """Return the typed reply. Keep the connection only if there was no error."""
        raw = response.raw
        connection = raw.connection
        is_kept = False
        try:
            if response.status_code != http.client.OK:
                raise self._status_error(response.status_code)
            body = raw.read(MAX_REPLY_BYTES + 1, decode_content=False)
            if len(body) > MAX_REPLY_BYTES:
                raise MalformedReply(_("it is longer than 8 MB"))
            if raw.length_remaining:
                # A truncated reply must not be used: RES=2 may be the start of RES=20.
                raise ConnectionReset
            if body.strip() in (b"", b"NULL"):
                raise EmptyReply
            reply = request.read(parse(body))
            is_kept = _says_keep_alive(response.headers.get("Connection", ""))
        finally:
            if is_kept:
                raw.release_conn()
            else:
                raw.close()
                if connection is not None:
                    connection.close()
        return reply

    def _status_error(self, status: int) -> GatewayError:
        if status == http.client.PROXY_AUTHENTICATION_REQUIRED and self._has_proxy:
            return NeverLeft(_("The proxy requires a login (HTTP 407). Check the egress's proxy."))
        return HttpError(status)


def _prepared(url: str, body: bytes) -> requests.PreparedRequest:
    """Return a prepared request, filled in directly because only the body varies."""
    prepared = requests.PreparedRequest()
    prepared.method = "POST"
    prepared.url = url
    prepared.body = body
    prepared.headers = CaseInsensitiveDict(_HEADERS)
    prepared.headers["Content-Length"] = str(len(body))
    return prepared


def _says_keep_alive(header: str) -> bool:
    options = {option.strip().lower() for option in header.split(",")}
    return "keep-alive" in options and "close" not in options


def _no_answer(error: BaseException, read_timeout: float) -> NoAnswer:
    """Return the error for a failure after the request was sent.

    It searches the exceptions that `requests` and urllib3 wrap around the cause. An unknown cause
    counts as a lost connection, which is as ambiguous as the others.
    """
    layers: list[BaseException] = [error]
    for layer in layers:
        if isinstance(layer, (TimeoutError, ReadTimeoutError, requests.Timeout)):
            return ReadTimeout(read_timeout)
        inner = (*layer.args, layer.__cause__, layer.__context__)
        layers += [cause for cause in inner if isinstance(cause, BaseException)][: 9 - len(layers)]
    if any(isinstance(layer, (OSError, http.client.IncompleteRead)) for layer in layers[1:]):
        return ConnectionReset()
    if any(isinstance(layer, (http.client.HTTPException, InvalidHeader)) for layer in layers):
        return MalformedReply(_("it is not HTTP"))
    return ConnectionReset()


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

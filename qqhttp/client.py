"""The client: one account's connection to a gateway.

One request at a time, by one lane. Whatever comes back that can be read is returned as a typed
reply, whatever its RES; everything else is raised, sorted by what it says about the request: it
never left, or nobody knows (:mod:`qqhttp.errors`).
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
from qqhttp.commands import Request
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
from qqhttp.translatable import Translatable as _
from qqhttp.transport import GatewayAdapter

R = TypeVar("R", bound=Reply)

MAX_REPLY_BYTES = 8 * 1024 * 1024
"""The longest reply that is read; a friend list of half a million names fits in it."""

_HEADERS = {
    "Content-Type": "text/plain; charset=UTF-8",
    "Connection": "keep-alive",
    "Accept-Encoding": "identity",
    "User-Agent": "qqhttp",
}


class GatewayClient:
    """A client for one account at one gateway.

    It keeps no global state and starts no thread, so it runs as it is under gevent. A connection
    is used again only if the gateway's last reply said ``Connection: keep-alive``: the gateway
    may close one without a word, and a request lost on it would be lost ambiguously.

    Args:
        url: the gateway, ``http://host:port/``.
        source_address: the local IP address to talk from, for an egress that has one of its own.
        proxy: the URL of an HTTP proxy to talk through, a login included.
        connect_timeout: seconds for the connection to be made.
        read_timeout: seconds for the whole reply, first byte to last. Longer than the longest
            penalty (30 s for DelFromList), or a throttle is taken for a loss and its replay is the
            next violation.

    Raises:
        ValueError: an address that cannot be one.
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
        """Send a request and return the reply, whatever its RES.

        Args:
            request: the request.
            leave_by: the last moment at which it may leave, on `clocks.local.elapsed`; looked at
                when the connection is there, right before the bytes are written.

        Raises:
            NeverLeft: no connection could be made, or not in time; nothing was sent.
            NoAnswer: it is not known whether the request was carried out.
        """
        self._adapter.leave_by = leave_by
        outcome = self._try(request)
        # Raised out here, bare: tracebacks and chained exceptions of the layers below hold the
        # request's body in their frames, where an error reporter would find it.
        if isinstance(outcome, GatewayError):
            raise outcome
        return outcome

    def close(self) -> None:
        """Close the connection, if there is one. The client may be used again."""
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
        """Return the typed reply, and keep the connection only if all of it was as it should be."""
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
                # A cut reply must not be read: RES=2 may have been the beginning of RES=20.
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
            return NeverLeft(_("The proxy wants a login (HTTP 407). Check the egress's proxy."))
        return HttpError(status)


def _prepared(url: str, body: bytes) -> requests.PreparedRequest:
    """Return a prepared request, filled in directly: nothing in it varies but the body."""
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
    """Return what a failure after the request had left means.

    It looks through the layers that `requests` and urllib3 wrap around the first cause. Where
    nothing is recognised the connection is taken for lost, which is as ambiguous as the rest.
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
    """Return the URL with a path, or say what is wrong with it, without quoting a login in it."""
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

"""HTTP/1.x framing as the gateway spoke it, with the quirks of its old clients.

Accepted: `POST / HTTP/1.1`, `POST HTTP/1.1` (no path), `POST  HTTP/1.1` (empty path), absolute URLs
as sent to a proxy, HTTP/1.0, no Host, a body in later packets, line ends before a request or after
a body, `Expect: 100-continue` (sent by .NET's WebClient).
"""

from http import HTTPStatus
from typing import Final, NamedTuple

from qqhttp.simulator.origins import is_from_another_site

MAX_HEAD: Final = 64 * 1024
MAX_BODY: Final = 16 * 1024 * 1024
CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_CACHED_HEADS: Final = 4096


class BadHTTP(Exception):
    """A request is not valid HTTP. `status` is the status of the reply."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


class Head(NamedTuple):
    """The first line and the headers of a request, as far as they matter."""

    method: str
    path: str
    length: int | None  # bytes; None: the body ends with the connection (HTTP/1.0 only)
    is_form: bool  # application/x-www-form-urlencoded: `+` is a space
    is_kept: bool  # the client accepts a kept connection
    is_waiting: bool  # Expect: 100-continue
    is_foreign: bool  # a browser made it for a page of another site


_heads: dict[bytes, Head] = {}


def parse_head(raw: bytes) -> Head:
    """Parse the first line and the headers of a request.

    Parsed heads are cached: on a kept connection most heads are identical. This is half of what
    makes the simulator fast.

    Raises:
        BadHTTP: it is not valid HTTP.
    """
    head = _heads.get(raw)
    if head is None:
        head = _parse_head(raw)
        if len(_heads) >= _CACHED_HEADS:
            _heads.clear()
        _heads[raw] = head
    return head


def _parse_head(raw: bytes) -> Head:
    lines = raw.decode("latin-1").replace("\r\n", "\n").split("\n")
    words = lines[0].split()
    if len(words) < 2 or not words[-1].upper().startswith("HTTP/1."):
        raise BadHTTP(HTTPStatus.BAD_REQUEST)
    method, path = words[0].upper(), words[1] if len(words) > 2 else "/"
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    is_new = words[-1].upper() != "HTTP/1.0"
    connection = headers.get("connection", "").lower()
    return Head(
        method=method,
        path=_path_of(path),
        length=_length(headers, method=method, is_new=is_new),
        is_form="x-www-form-urlencoded" in headers.get("content-type", "").lower(),
        is_kept="close" not in connection and (is_new or "keep-alive" in connection),
        is_waiting=headers.get("expect", "").lower() == "100-continue",
        is_foreign=is_from_another_site(headers),
    )


def _path_of(path: str) -> str:
    if "://" in path:  # as sent to a proxy
        path = "/" + path.split("://", 1)[1].partition("/")[2]
    return path


def _length(headers: dict[str, str], *, method: str, is_new: bool) -> int | None:
    written = headers.get("content-length")
    if written is None:
        if method not in {"POST", "PUT"}:
            return 0
        if is_new or "transfer-encoding" in headers:
            raise BadHTTP(HTTPStatus.LENGTH_REQUIRED)
        return None
    if not (written.isascii() and written.isdigit()):
        raise BadHTTP(HTTPStatus.BAD_REQUEST)
    length = int(written)
    if length > MAX_BODY:
        raise BadHTTP(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return length


_TEMPLATE = (
    b"HTTP/1.1 200 OK\r\n"
    b"Server: tencent imserver/1.0.0\r\n"
    b"Content-Type: text/plain; charset=UTF-8\r\n"
    b"%b"
    b"Content-Length: %%d\r\n\r\n%%b"
)
_KEPT = _TEMPLATE % b"Connection: keep-alive\r\n"
_CLOSED = _TEMPLATE % b"Connection: close\r\n"
_SILENT = _TEMPLATE % b""


def gateway_reply(body: bytes, *, is_kept: bool, is_silent: bool = False) -> bytes:
    """Return a reply of the gateway; with `is_silent` it has no Connection header."""
    template = _SILENT if is_silent else _KEPT if is_kept else _CLOSED
    return template % (len(body), body)


def other_reply(
    status: HTTPStatus | int, body: bytes = b"", *, is_kept: bool, kind: str = "text/plain"
) -> bytes:
    """Return a reply with any status, for faults, HTTP errors and the control API."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown"
    connection = "keep-alive" if is_kept else "close"
    return (
        f"HTTP/1.1 {int(status)} {phrase}\r\nServer: tencent imserver/1.0.0\r\n"
        f"Content-Type: {kind}; charset=UTF-8\r\nConnection: {connection}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode("ascii") + body

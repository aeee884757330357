"""Splits the bytes that arrive on a connection into requests."""

from http import HTTPStatus

from qqhttp.simulator.http import MAX_HEAD, BadHTTP, Head, parse_head

_LINE_ENDS = b"\r\n"


class RequestBuffer:
    """The bytes of one connection that are not a complete request yet."""

    def __init__(self) -> None:
        self._buffer = b""
        self._waits = False  # the client waits for 100 Continue before it sends the body
        self._is_continued = False  # it has got it, for the request in the buffer

    def add(self, data: bytes) -> None:
        """Append bytes that have arrived."""
        self._buffer = self._buffer + data if self._buffer else data

    def must_continue(self) -> bool:
        """Return whether to send 100 Continue now; true once for a request."""
        if not self._waits or self._is_continued:
            return False
        self._is_continued = True
        return True

    def take(self, *, is_at_end: bool) -> tuple[Head, bytes] | None:
        """Remove and return the next request, or return None if it is not complete yet.

        Args:
            is_at_end: whether the client sends no more bytes.

        Raises:
            BadHTTP: the head is malformed or too long.
        """
        self._waits = False
        buffer = self._buffer
        if buffer and buffer[0] in _LINE_ENDS:
            # Line ends after the previous body, or before this request.
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
            if not is_at_end:
                return None
            stop = len(buffer)
        else:
            stop = start + head.length
        if len(buffer) < stop:
            self._waits = head.is_waiting
            return None
        self._is_continued = False
        self._buffer = buffer[stop:]
        return head, buffer[start:stop]

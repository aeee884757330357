"""Reads one HTTP reply with httptools (llhttp), from the pieces in which it arrives.

It accepts what gateways are known to send: bare line feeds, folded headers, bytes above 127, no
reason, HTTP/1.0, no length. Whatever contradicts itself about where the reply ends is malformed.
"""

from __future__ import annotations

import http.client

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from qqhttp.errors import ConnectionReset, MalformedReply
from qqhttp.translatable import Translatable as _

MAX_REPLY_BYTES = 8 * 1024 * 1024
"""The longest body that is read. A friend list of half a million UINs fits in it."""
MAX_HEAD_BYTES = 64 * 1024
MAX_HEADERS = 100


class ReplyReader:
    """Reads one reply; used once.

    Attributes:
        status: the HTTP status; 0 until the head is complete.
        body: the body; empty until the reply is complete.
        is_complete: whether all of the reply was read.
        has_more: whether more bytes followed it. They are not a reply to any request.
        says_keep_alive: whether the complete reply said ``Connection: keep-alive``.
    """

    __slots__ = (
        "_connection",
        "_has_begun",
        "_has_length",
        "_head_bytes",
        "_headers",
        "_parser",
        "_pieces",
        "_received",
        "body",
        "has_more",
        "is_complete",
        "on_body",
        "says_keep_alive",
        "status",
    )

    def __init__(self) -> None:
        self.status = 0
        self.body = b""
        self.is_complete = self.has_more = self.says_keep_alive = False
        self._received = self._headers = self._head_bytes = 0
        self._has_begun = self._has_length = False
        self._connection = b""
        self._pieces: list[bytes] = []
        self.on_body = self._pieces.append
        self._parser = HttpResponseParser(self)
        self._parser.set_dangerous_leniencies(
            lenient_headers=True,
            lenient_version=True,
            lenient_optional_cr_before_lf=True,
            lenient_spaces_after_chunk_size=True,
        )

    @property
    def is_read(self) -> bool:
        """Whether nothing more is needed: the reply is complete, or its status is not 200."""
        return self.is_complete or self.status not in (0, http.client.OK)

    def feed(self, piece: bytes) -> bool:
        """Read the next piece; return `is_read`.

        Raises:
            MalformedReply: it is not HTTP, or it is too long.
            ConnectionReset: the chunks of its body are broken.
        """
        self._received += len(piece)
        try:
            self._parser.feed_data(piece)
        except (HttpParserError, HttpParserUpgrade):
            if not self.is_read:
                raise self._broken() from None
            self.has_more = True
        if self._received > MAX_HEAD_BYTES or self._headers > MAX_HEADERS:
            self._check_lengths()
        return self.is_complete or self.is_read

    def end(self) -> None:
        """Read the end of the connection, which ends a reply without a length.

        Raises:
            MalformedReply: it ended in the head, and what there is of it is not HTTP.
            ConnectionReset: it ended before the reply was complete.
        """
        if self._has_begun and not self.status:
            # Like http.client, take the end of the connection for the end of the head. What is
            # read then is an empty body or a torn one, never an answer.
            self.feed(b"\r\n\r\n")
        if self.is_read:
            return
        if not self.status or self._has_length:
            # A truncated reply must not be used: RES=2 may be the start of RES=20.
            raise ConnectionReset
        self.on_message_complete()

    def release(self) -> None:
        """Drop the parser, which refers back to this reader: garbage without a collection."""
        del self._parser

    def _broken(self) -> MalformedReply | ConnectionReset:
        return ConnectionReset() if self.status else MalformedReply(_("it is not HTTP"))

    def _check_lengths(self) -> None:
        head_bytes = self._head_bytes if self.status else self._received
        if self._headers > MAX_HEADERS or head_bytes > MAX_HEAD_BYTES:
            raise MalformedReply(_("it is not HTTP"))
        if self._received > MAX_REPLY_BYTES + MAX_HEAD_BYTES:
            raise MalformedReply(_("it is longer than 8 MB"))

    # --- called by the parser; a second message in the same piece changes nothing -------------

    def on_message_begin(self) -> None:
        """Note the first byte of a message."""
        self._has_begun = True
        self.has_more = self.is_complete

    def on_header(self, name: bytes, value: bytes) -> None:
        """Note what a header says about the end of the reply and of the connection."""
        if self.status:
            return  # a trailer, or a header of another message
        self._headers += 1
        self._head_bytes += len(name) + len(value)
        name = name.lower().strip()
        if name == b"connection":
            self._connection += value + b","
        elif name == b"content-length" or (
            name == b"transfer-encoding" and b"chunked" in value.lower()
        ):
            self._has_length = True

    def on_headers_complete(self) -> None:
        """Note the status."""
        self.status = self.status or self._parser.get_status_code()

    def on_message_complete(self) -> None:
        """Note that the reply is complete, or go on to the one after 100 Continue."""
        if self.is_complete:
            return
        if self.status == http.client.CONTINUE:
            self.status = self._headers = self._head_bytes = 0
            self._connection = b""
            self._has_begun = self._has_length = False
            return
        self.is_complete = True
        self.body = b"".join(self._pieces)
        connection = self._connection.lower()
        if connection == b"keep-alive,":  # the usual case
            self.says_keep_alive = True
        elif connection:
            options = {option.strip() for option in connection.split(b",")}
            self.says_keep_alive = b"keep-alive" in options and b"close" not in options

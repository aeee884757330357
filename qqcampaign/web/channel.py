"""One connection: its requests have deadlines, and a body is admitted before it is read."""

from __future__ import annotations

import re
import time
from typing import Any

from django.utils import translation
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.utilities import RequestEntityTooLarge

from api.tokens.marks import digest_of, is_marked
from qqcampaign.web.admission import WITHOUT_PASS, Admission, Refused
from qqcampaign.web.upload_pass import user_of

#: Seconds in which a head has to arrive, and a body apart from its length.
HEAD_SECONDS, BODY_SECONDS = 20.0, 30.0
#: Bytes a second that a body has to arrive with, on the whole.
SLOWEST_BODY = 4_000
#: Seconds in which a connection may wait for its next request.
IDLE_SECONDS = 75.0
_LANGUAGE = re.compile(r"\bdjango_language=([\w-]+)")


class Parser(HTTPRequestParser):
    """Parses a request; refuses a body as soon as its head is there."""

    admission: Admission

    def __init__(self, adj: Any) -> None:
        super().__init__(adj)
        self.started = time.monotonic()
        self._counted: tuple[int, str | None] | None = None

    def received(self, data: bytes) -> int:
        """Take more bytes; return how many were used."""
        was_in_head = not self.headers_finished
        used: int = super().received(data)
        if was_in_head and self.headers_finished and self.error is None:
            self._decide()
        if self.error is not None:
            # Otherwise the server would ask for a body that it refuses.
            self.expect_continue = False
        if self.chunked and self.body_bytes_received > WITHOUT_PASS and self.error is None:
            # Its length is not known before it is there, so a pass does not help.
            self._refuse(RequestEntityTooLarge("Name the length of large bodies (Content-Length)."))
        return used

    def deadline(self) -> float:
        """Return when the request has to be complete."""
        if not self.headers_finished:
            return self.started + HEAD_SECONDS
        length: int = self.content_length
        return self.started + HEAD_SECONDS + BODY_SECONDS + length / SLOWEST_BODY

    def close(self) -> None:
        """Free what the body takes."""
        super().close()
        if self._counted is not None:
            counted, self._counted = self._counted, None
            self.admission.release(*counted)

    def _decide(self) -> None:
        size, user = self.content_length, self._user()
        with translation.override(self._language()):
            refused = self.admission.admit(size, user)
        if refused is None:
            self._counted = (size, user)
        else:
            self._refuse(refused)

    def _user(self) -> str | None:
        """Return whose upload this is, by the browser's pass or a program's token; else None."""
        kind, _blank, token = self.headers.get("AUTHORIZATION", "").partition(" ")
        if kind.lower() == "bearer" and is_marked(token.strip()):
            return f"token {digest_of(token.strip())}"
        return user_of(self.headers.get("COOKIE", ""))

    def _language(self) -> str:
        """Return the language of the browser, for a refusal."""
        chosen = _LANGUAGE.search(self.headers.get("COOKIE", ""))
        named = chosen[1] if chosen else self.headers.get("ACCEPT_LANGUAGE", "")
        return "zh-hans" if named.lower().startswith("zh") else "en"

    def _refuse(self, refused: Refused | RequestEntityTooLarge) -> None:
        self.error = refused
        self.completed = True
        self.expect_continue = False
        body: Any = self.body_rcv  # type: ignore[has-type]
        if body is not None:  # it has made a file for a large body already
            body.getbuf().close()
            self.body_rcv = None


class Channel(HTTPChannel):
    """One connection of the console's server."""

    parser_class = Parser
    request: Parser | None

    def handle_close(self) -> None:
        """Close the connection, and free a request that was not complete."""
        super().handle_close()
        request, self.request = self.request, None
        if request is not None:
            request.close()

    def is_too_slow(self, now: float, wall: float) -> bool:
        """Return whether the other side took too long.

        Args:
            now: the monotonic clock.
            wall: the wall clock, by which the server dates the last bytes.
        """
        request = self.request
        if request is not None:
            return now > request.deadline()
        if self.requests:  # it is our turn
            return False
        return bool(wall > self.last_activity + IDLE_SECONDS)

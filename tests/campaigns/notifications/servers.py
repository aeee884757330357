"""A mail server and a web server on loopback, small and real: they keep what they were given."""

from __future__ import annotations

import contextlib
import email
import email.policy
import socketserver
import threading
import time
from collections.abc import Iterator
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler
from typing import Any


class Server(socketserver.ThreadingTCPServer):
    """A server on a free port of loopback.

    Attributes:
        taken: what it was given, oldest first.
        answer: what it answers: a status, or a reply of SMTP.
        drip: seconds between two bytes of its answer; 0: at once.
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, handler: Any) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.taken: list[Any] = []
        self.answer: Any = None
        self.drip = 0.0

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Write nothing: clients cut connections here."""

    @property
    def port(self) -> int:
        """Its port."""
        return int(self.server_address[1])


class _Mail(socketserver.StreamRequestHandler):
    """As much of SMTP as a client that sends one message needs."""

    server: Server

    def handle(self) -> None:
        self._say("220 loopback")
        lines: list[bytes] = []
        while line := self.rfile.readline():
            verb = line.strip().upper()[:4]
            if verb in (b"EHLO", b"HELO"):
                self._say("250 loopback")
            elif verb == b"DATA":
                self._say("354 go on")
                while (line := self.rfile.readline()) not in (b".\r\n", b""):
                    lines.append(line)
                if self.server.answer is None:
                    self.server.taken.append(
                        email.message_from_bytes(b"".join(lines), policy=email.policy.default)
                    )
                self._say(self.server.answer or "250 taken")
            elif verb == b"QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 good")

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


class _Hook(BaseHTTPRequestHandler):
    """Keeps (headers, body) of each POST."""

    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append((dict(self.headers), body))
        status = self.server.answer or 200
        if self.server.drip:
            for byte in b"HTTP/1.0 200 OK\r\nX: " + b"x" * 1_000:
                self.wfile.write(bytes([byte]))
                time.sleep(self.server.drip)
        self.send_response(status)
        self.send_header("Location", f"http://127.0.0.1:{self.server.port}/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Write no log."""


@contextlib.contextmanager
def _running(handler: Any) -> Iterator[Server]:
    with Server(handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def running_mail_server() -> contextlib.AbstractContextManager[Server]:
    """Return a mail server; it keeps messages."""
    return _running(_Mail)


def running_web_server() -> contextlib.AbstractContextManager[Server]:
    """Return a web server; it keeps (headers, body)."""
    return _running(_Hook)


def text_of(message: EmailMessage) -> str:
    """Return the text of a message."""
    part = message.get_body()
    assert part is not None
    return str(part.get_content())

"""A receiver of webhooks on loopback, real and troublesome: it loses, delays and refuses."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: What a receiver may do with a call: (status, seconds before the answer); 0 answers nothing.
Mood = Callable[[], tuple[int, float]]


class Receiver(ThreadingHTTPServer):
    """Keeps what it took.

    Attributes:
        mood: what it does with the next call.
        taken: (id, body) of the calls that it answered with 2xx, or lost after it took them.
        heads: the headers and raw bodies of all calls.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.mood: Mood = lambda: (200, 0.0)
        self.taken: list[tuple[str, dict[str, Any]]] = []
        self.heads: list[tuple[dict[str, str], bytes]] = []
        self.lock = threading.Lock()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Write nothing: clients are killed here."""

    @property
    def url(self) -> str:
        """Its URL."""
        return f"http://127.0.0.1:{self.server_address[1]}/hook"

    def first_times(self) -> dict[str, list[dict[str, Any]]]:
        """Return what it was told about each object, each event once."""
        seen: set[str] = set()
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for key, body in list(self.taken):
            if key not in seen:
                seen.add(key)
                found[body["about"]].append(body)
        return found


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            status, seconds = self.server.mood()
            self.server.heads.append((dict(self.headers), body))
            if status in (0, 200):
                self.server.taken.append((self.headers["webhook-id"], json.loads(body)))
        time.sleep(seconds)
        if status == 0:
            self.connection.close()  # it took the event, and the answer is lost
            return
        words = b"words of the receiver" + b"x" * 10_000
        self.send_response(status)
        self.send_header("Location", self.server.url + "/elsewhere")
        self.send_header("Content-Length", str(len(words)))
        self.end_headers()
        self.wfile.write(words)

    def log_message(self, format: str, *args: Any) -> None:
        """Write no log."""


def troublesome(seed: int = 1) -> Mood:
    """Return a mood that answers 500, loses answers and waits, about a third of the time."""
    dice = random.Random(seed)

    def mood() -> tuple[int, float]:
        throw = dice.random()
        if throw < 0.15:
            return 500, 0.0
        if throw < 0.25:
            return 0, 0.0
        return 200, 0.3 if throw < 0.35 else 0.0

    return mood


@contextlib.contextmanager
def running_receiver() -> Iterator[Receiver]:
    """A receiver that runs."""
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def is_signed(headers: dict[str, str], body: bytes, secret: str) -> bool:
    """Check a signature as docs/webhooks.md tells a receiver to."""
    found = {name.lower(): value for name, value in headers.items()}
    content = f"{found['webhook-id']}.{found['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    right = "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(right, one) for one in found["webhook-signature"].split(" "))

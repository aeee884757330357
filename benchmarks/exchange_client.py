"""One contender of the exchange benchmark: sends from many greenlets, and prints its CPU time.

    python -m benchmarks.exchange_client socket URL --lanes 100 --messages 200 [--close]

The contenders are a Session of `requests`, our client, and a plain socket whose replies httptools
parses. Each greenlet logs its account in first; the measurement begins when all have. Prints one
line of JSON.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import argparse  # noqa: E402 - after the patching
import json  # noqa: E402
import socket  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from typing import Any, Protocol  # noqa: E402
from urllib.parse import quote, urlsplit  # noqa: E402

import gevent  # noqa: E402
import httptools  # noqa: E402
import requests  # noqa: E402

from qqhttp import CltMsg, GatewayClient, Login, Request, password_digest  # noqa: E402
from qqhttp.simulator.population import (  # noqa: E402
    FIRST_ACCOUNT,
    FIRST_FRIEND,
    password_of,
)

TEXT = "你好 100% & more = fine + hi"


class Sender(Protocol):
    """One account's way of sending."""

    def send(self, *, seq: int, un: int) -> bool:
        """Send a message; return whether the gateway accepted it."""


class WithRequests:
    """A Session of `requests` that ignores the environment's proxies."""

    def __init__(self, url: str, uin: int, *, is_closing: bool) -> None:
        self._url, self._uin = url, uin
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Connection"] = "close" if is_closing else "keep-alive"

    def send(self, *, seq: int, un: int) -> bool:
        """Send a message."""
        body = f"VER=1.1&CMD=CLTMSG&SEQ={seq}&UIN={self._uin}&UN={un}&MG={quote(TEXT)}"
        reply = self._session.post(self._url, data=body.encode(), timeout=(5, 45))
        pairs = dict(item.split("=", 1) for item in reply.text.split("&") if "=" in item)
        return pairs.get("RES") == "0"


class WithOurClient:
    """The client of `qqhttp`."""

    def __init__(self, url: str, uin: int, *, is_closing: bool) -> None:
        self._client = GatewayClient(url)
        self._uin, self._is_closing = uin, is_closing

    def send(self, *, seq: int, un: int) -> bool:
        """Send a message."""
        request = CltMsg(seq=seq, uin=self._uin, un=un, mg=TEXT)
        is_accepted = self.exchange(request) == 0
        if self._is_closing:
            self._client.close()
        return is_accepted

    def exchange(self, request: Request[Any]) -> int:
        """Send a request; return the RES of its reply."""
        res: int = self._client.exchange(request).res
        return res


class WithASocket:
    """A plain socket and httptools: no deadline, no check of the reply, no error handling."""

    def __init__(self, url: str, uin: int, *, is_closing: bool) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname or "", parts.port or 80)
        option = "close" if is_closing else "keep-alive"
        self._head = (
            f"POST / HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: {option}\r\nContent-Length: "
        )
        self._uin, self._is_closing = uin, is_closing
        self._sock: socket.socket | None = None
        self._body, self._is_complete = b"", False

    def send(self, *, seq: int, un: int) -> bool:
        """Send a message."""
        body = f"VER=1.1&CMD=CLTMSG&SEQ={seq}&UIN={self._uin}&UN={un}&MG={quote(TEXT)}"
        sock = self._sock
        if sock is None:
            sock = self._sock = socket.socket()
            sock.connect(self._address)
        sock.sendall(f"{self._head}{len(body)}\r\n\r\n{body}".encode())
        self._body, self._is_complete = b"", False
        parser = httptools.HttpResponseParser(self)
        while not self._is_complete:
            parser.feed_data(sock.recv(65536))
        if self._is_closing:
            sock.close()
            self._sock = None
        return b"&RES=0" in self._body

    def on_body(self, data: bytes) -> None:
        """Collect the body."""
        self._body += data

    def on_message_complete(self) -> None:
        """Note that the reply is complete."""
        self._is_complete = True


CONTENDERS: dict[str, Callable[..., Sender]] = {
    "requests": WithRequests,
    "client": WithOurClient,
    "socket": WithASocket,
}


def main() -> None:
    """Log in, send, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("contender", choices=CONTENDERS)
    parser.add_argument("url")
    parser.add_argument("--lanes", type=int, default=100)
    parser.add_argument("--messages", type=int, default=200, help="of each lane")
    parser.add_argument("--close", action="store_true", help="a connection a message")
    given = parser.parse_args()
    new_sender = CONTENDERS[given.contender]
    senders = []
    for number in range(given.lanes):
        uin = FIRST_ACCOUNT + number
        with GatewayClient(given.url) as client:
            login = Login(seq=1, uin=uin, ps=password_digest(password_of(uin)))
            client.exchange(login).raise_for_res()
        senders.append(new_sender(given.url, uin, is_closing=given.close))

    def send(sender: Sender, seqs: range) -> int:
        return sum(sender.send(seq=seq, un=FIRST_FRIEND + seq) for seq in seqs)

    def send_all(seqs: range) -> int:
        lanes = [gevent.spawn(send, sender, seqs) for sender in senders]
        gevent.joinall(lanes, raise_error=True)
        return sum(lane.value for lane in lanes)

    first = 1_000
    send_all(range(first, first + 5))  # opens the connections
    started, cpu = time.perf_counter(), time.process_time()
    accepted = send_all(range(first + 5, first + 5 + given.messages))
    print(
        json.dumps(
            {
                "accepted": accepted,
                "seconds": time.perf_counter() - started,
                "cpu_us": (time.process_time() - cpu) / (given.messages * given.lanes) * 1e6,
            }
        )
    )


if __name__ == "__main__":
    main()

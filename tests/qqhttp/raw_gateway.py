"""A gateway that runs a script for each connection, over real sockets."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from qqhttp.codec import parse


@dataclass
class ReceivedRequest:
    """One request as received."""

    connection: int
    address: str
    head: str
    body: bytes


@dataclass
class Peer:
    """The gateway's side of one connection."""

    sock: socket.socket
    number: int
    address: str
    requests: list[ReceivedRequest]
    _buffer: bytes = field(default=b"", repr=False)

    def request(self) -> ReceivedRequest | None:
        """Return the next request, or None if the client has closed the connection."""
        while b"\r\n\r\n" not in self._buffer:
            if not self._receive():
                return None
        head, _, rest = self._buffer.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").lower().split("\r\n")
        length = next(int(line[15:]) for line in lines if line.startswith("content-length:"))
        self._buffer = rest
        while len(self._buffer) < length:
            if not self._receive():
                return None
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        request = ReceivedRequest(self.number, self.address, head.decode("latin-1"), body)
        self.requests.append(request)
        return request

    def _receive(self) -> bool:
        data = self.sock.recv(65536)
        self._buffer += data
        return bool(data)

    def send(self, data: bytes) -> None:
        """Send raw bytes."""
        self.sock.sendall(data)

    def answer(self, request: ReceivedRequest, rest: str = "RES=0&", *, headers: str = "") -> None:
        """Send a well-formed reply to a request."""
        self.send(http_reply(reply_body(request, rest), headers=headers))

    def reset(self) -> None:
        """Reset the connection (RST)."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


def reply_body(request: ReceivedRequest, rest: str = "RES=0&") -> bytes:
    """Return the body of a reply with the request's CMD, SEQ and UIN."""
    asked = parse(request.body)
    common = f"VER=1.1&CMD={asked['CMD']}&SEQ={asked['SEQ']}&UIN={asked['UIN']}"
    return f"{common}&{rest}".encode()


def http_reply(body: bytes, *, status: str = "200 OK", headers: str = "") -> bytes:
    """Return an HTTP reply with the correct Content-Length."""
    return f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body


@dataclass
class RawGateway:
    """A running gateway and the requests it has received.

    Attributes:
        hung_up: counts the connections that have ended.
    """

    port: int
    requests: list[ReceivedRequest] = field(default_factory=list)
    hung_up: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    @property
    def url(self) -> str:
        """Its URL."""
        return f"http://127.0.0.1:{self.port}/"


Script = Callable[[Peer], None]


@contextlib.contextmanager
def raw_gateway(script: Script) -> Iterator[RawGateway]:
    """Run a gateway that runs `script` for each connection, in a separate thread."""
    listener = socket.create_server(("0.0.0.0", 0))
    gateway = RawGateway(listener.getsockname()[1])
    threads: list[threading.Thread] = []
    socks: list[socket.socket] = []

    def serve(peer: Peer) -> None:
        with contextlib.suppress(OSError):
            script(peer)
        peer.sock.close()
        gateway.hung_up.release()

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, address = listener.accept()
                socks.append(sock)
                peer = Peer(sock, len(socks), address[0], gateway.requests)
                threads.append(threading.Thread(target=serve, args=(peer,), daemon=True))
                threads[-1].start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield gateway
    finally:
        # Closing a socket does not wake a thread that waits in accept() or recv() on it.
        for sock in (listener, *socks):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        listener.close()
        acceptor.join(10)
        for thread in threads:
            thread.join(10)
        for sock in socks:
            sock.close()

"""A gateway that does exactly what a test tells it to, byte for byte, over real sockets."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from qqhttp.codec import parse


@dataclass
class Arrival:
    """One request as it arrived."""

    connection: int
    address: str
    head: str
    body: bytes


@dataclass
class Peer:
    """One connection, seen from the gateway's side."""

    sock: socket.socket
    number: int
    address: str
    arrivals: list[Arrival]
    _buffer: bytes = field(default=b"", repr=False)

    def request(self) -> Arrival | None:
        """Wait for the next request; None if the client hung up."""
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
        arrival = Arrival(self.number, self.address, head.decode("latin-1"), body)
        self.arrivals.append(arrival)
        return arrival

    def _receive(self) -> bool:
        data = self.sock.recv(65536)
        self._buffer += data
        return bool(data)

    def send(self, data: bytes) -> None:
        """Send raw bytes."""
        self.sock.sendall(data)

    def answer(self, arrival: Arrival, rest: str = "RES=0&", *, headers: str = "") -> None:
        """Send a well-formed reply to a request."""
        self.send(http_reply(reply_body(arrival, rest), headers=headers))

    def reset(self) -> None:
        """Tear the connection down with a RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


def reply_body(arrival: Arrival, rest: str = "RES=0&") -> bytes:
    """Return a reply that echoes the request's CMD, SEQ and UIN."""
    asked = parse(arrival.body)
    common = f"VER=1.1&CMD={asked['CMD']}&SEQ={asked['SEQ']}&UIN={asked['UIN']}"
    return f"{common}&{rest}".encode()


def http_reply(body: bytes, *, status: str = "200 OK", headers: str = "") -> bytes:
    """Return an HTTP reply with a right Content-Length."""
    return f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body


@dataclass
class RawGateway:
    """A listening gateway: where it is and what has arrived."""

    port: int
    arrivals: list[Arrival] = field(default_factory=list)
    hung_up: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self.port}/"


Script = Callable[[Peer], None]


@contextlib.contextmanager
def raw_gateway(script: Script) -> Iterator[RawGateway]:
    """Run `script` for each connection, in a thread of its own; `hung_up` counts the ended ones."""
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
                peer = Peer(sock, len(socks), address[0], gateway.arrivals)
                threads.append(threading.Thread(target=serve, args=(peer,), daemon=True))
                threads[-1].start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield gateway
    finally:
        # Closing alone does not wake a thread that waits in accept() or recv().
        for sock in (listener, *socks):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        listener.close()
        acceptor.join(10)
        for thread in threads:
            thread.join(10)
        for sock in socks:
            sock.close()

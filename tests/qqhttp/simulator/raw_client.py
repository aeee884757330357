"""A client of raw sockets, which can send any bytes."""

import socket
from typing import Self

from qqhttp.simulator import GatewaySimulator
from qqhttp.simulator.accounts import digest_of
from qqhttp.simulator.population import password_of

LC = "9326B87B234E7235"
ALICE = 1000001  # the first generated account
BOB = 1000002
FRIEND = 20000001  # Alice's first friend


class RawClient:
    """One connection to a simulator."""

    def __init__(self, port: int, *, source: str = "127.0.0.1", timeout: float = 10.0) -> None:
        self.socket = socket.create_connection(
            ("127.0.0.1", port), timeout=timeout, source_address=(source, 0)
        )
        self.received = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def post(self, body: str | bytes, *headers: str, line: str = "POST / HTTP/1.1") -> None:
        """Send a request with these headers and Content-Length."""
        self.send(request(body, *headers, line=line))

    def head_and_body(self) -> tuple[str, bytes]:
        """Return head and body of the next reply; raise EOFError if the connection ends."""
        while b"\r\n\r\n" not in self.received:
            self._receive()
        head, _, rest = self.received.partition(b"\r\n\r\n")
        text = head.decode("latin-1")
        length = int(text.lower().split("content-length:")[1].split("\r\n")[0])
        self.received = rest
        while len(self.received) < length:
            self._receive()
        body, self.received = self.received[:length], self.received[length:]
        return text, body

    def body(self) -> str:
        return self.head_and_body()[1].decode("utf-8")

    def is_closed(self) -> bool:
        """Wait for the end of the connection; return False if bytes come instead."""
        return self.received == b"" and self.socket.recv(1) == b""

    def _receive(self) -> None:
        data = self.socket.recv(65536)
        if not data:
            raise EOFError
        self.received += data


def request(body: str | bytes, *headers: str, line: str = "POST / HTTP/1.1") -> bytes:
    data = body.encode("utf-8") if isinstance(body, str) else body
    head = "".join(f"{header}\r\n" for header in (line, *headers, f"Content-Length: {len(data)}"))
    return head.encode("latin-1") + b"\r\n" + data


def ask(gateway: GatewaySimulator, body: str | bytes, *, source: str = "127.0.0.1") -> str:
    """Send one request on a new connection and return the body of the reply."""
    with RawClient(gateway.port, source=source) as client:
        client.post(body)
        return client.body()


def login_of(uin: int, password: str | None = None, *, seq: int = 1) -> str:
    digest = digest_of(password_of(uin) if password is None else password)
    return f"VER=1.1&CMD=Login&SEQ={seq}&UIN={uin}&PS={digest}&M5=1&LC={LC}"


def log_in(gateway: GatewaySimulator, uin: int = ALICE, *, source: str = "127.0.0.1") -> None:
    assert "&RES=0&RS=0&" in ask(gateway, login_of(uin), source=source)


def message(seq: int | str, text: str = "hello", *, uin: int = ALICE, un: int = FRIEND) -> str:
    return f"VER=1.1&CMD=CLTMSG&SEQ={seq}&UIN={uin}&UN={un}&MG={text}"

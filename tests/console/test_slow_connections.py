"""Connections that are slow on purpose take no other operator's turn: real sockets, real server."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import requests
from django.templatetags.static import static

from tests.web_process import signed_in, web_process

SLOW = 50
#: Seconds within which the console answers beside the slow connections.
PATIENCE = 1.0
HEAD = b"POST /login/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 500\r\n\r\n"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with web_process(tmp_path_factory.mktemp("home")) as (address, _pid):
        yield address


@contextlib.contextmanager
def _connections(address: str, first: bytes, *, buffer: int = 0) -> Iterator[list[socket.socket]]:
    """Open the slow connections; each has sent its first bytes."""
    host, port = address.removeprefix("http://").split(":")
    with contextlib.ExitStack() as stack:
        opened = []
        for _ in range(SLOW):
            one = stack.enter_context(socket.socket())
            if buffer:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
            one.settimeout(5)
            one.connect((host, int(port)))
            one.sendall(first)
            opened.append(one)
        yield opened


@contextlib.contextmanager
def _dripping(connections: list[socket.socket]) -> Iterator[None]:
    """Send one byte a second on each connection."""
    is_over = threading.Event()

    def drip() -> None:
        while not is_over.wait(1.0):
            for one in connections:
                with contextlib.suppress(OSError):
                    one.sendall(b"x")

    dripping = threading.Thread(target=drip)
    dripping.start()
    try:
        yield
    finally:
        is_over.set()
        dripping.join()


def _answers(address: str) -> None:
    for _ in range(3):
        answer = requests.get(f"{address}/health/live", timeout=PATIENCE)
        assert answer.status_code == 200
        time.sleep(0.5)


def test_half_open_connections(address: str) -> None:
    with _connections(address, b""):
        _answers(address)


@pytest.mark.parametrize("first", [b"GET / HT", HEAD + b"X-Slow: ", HEAD + FORM], ids=str)
def test_a_byte_a_second(address: str, first: bytes) -> None:
    """The request line, a header or the body of a form arrives a byte a second."""
    with _connections(address, first) as slow, _dripping(slow):
        _answers(address)


def test_slow_readers(address: str) -> None:
    """Those who ask for a large file and do not read it hold up nobody."""
    ask = f"GET {static('unfold/css/styles.css')} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    with _connections(address, ask, buffer=2048):
        time.sleep(1)
        _answers(address)


def test_an_upload_of_60_mb_beside_slow_connections(address: str) -> None:
    operator = signed_in(address)
    upload = f"{address}/contacts/contactimport/upload/"
    page = operator.get(upload, timeout=60)
    token = page.text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    line = b"10001,somebody,Kunming,something that makes the line longer\n"
    content = b"uin,name,city,remark\n" + line * (60_000_000 // len(line))
    form = {"csrfmiddlewaretoken": token, "new_list": "all", "policy": "fill"}
    with _connections(address, HEAD) as slow, _dripping(slow):
        answer = operator.post(
            upload,
            form,
            files={"file": ("people.csv", content)},
            timeout=120,
            allow_redirects=False,
        )
    assert answer.status_code == 302, answer.text[:500]
    assert "/check/" in answer.headers["Location"]

"""Source addresses and proxies of the client, and failures to connect."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator

import pytest

from qqhttp import CltMsg, GatewayClient, HttpError, NeverLeft
from tests.qqhttp.raw_gateway import Peer, http_reply, raw_gateway

KEEP = "Connection: keep-alive\r\n"
MESSAGE = CltMsg(seq=1, uin=29501213, un=106814, mg="hi")
NO_GATEWAY = http_reply(b"", status="502 Bad Gateway")
NO_LOGIN = http_reply(b"", status="407 Login")


def answer(peer: Peer) -> None:
    while request := peer.request():
        peer.answer(request, headers=KEEP)


def answer_with(reply: bytes) -> Callable[[Peer], None]:
    def script(peer: Peer) -> None:
        peer.request()
        peer.send(reply)

    return script


@contextlib.contextmanager
def unanswering_port() -> Iterator[int]:
    """Yield a port with a full backlog, so that a connect gets no answer."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        while True:
            sock = stack.enter_context(socket.socket())
            sock.settimeout(0.2)
            try:
                sock.connect(listener.getsockname())
            except TimeoutError:
                break
        yield listener.getsockname()[1]


@contextlib.contextmanager
def refusing_port() -> Iterator[int]:
    """Yield a port that is bound, so that it stays free, and does not listen."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()[1]


def assert_never_left(client: GatewayClient, *parts: str) -> None:
    with client, pytest.raises(NeverLeft) as failed:
        client.exchange(MESSAGE)
    assert failed.value.code == "unreachable"
    assert failed.value.definite
    assert failed.value.is_retryable
    for part in parts:
        assert part in failed.value.sentence


def test_a_refused_connection_raises_never_left() -> None:
    with refusing_port() as port:
        client = GatewayClient(f"http://127.0.0.1:{port}/")
        assert_never_left(client, f"gateway at 127.0.0.1:{port}", "refuses")


def test_a_connect_timeout_raises_never_left() -> None:
    with unanswering_port() as port:
        client = GatewayClient(f"http://127.0.0.1:{port}/", connect_timeout=0.2)
        assert_never_left(client, f"127.0.0.1:{port}", "too long")


@pytest.mark.parametrize("host", ["gateway.invalid", "x" * 70 + ".invalid", "a..b"])
def test_an_unresolvable_name_raises_never_left(host: str) -> None:
    assert_never_left(GatewayClient(f"http://{host}:8000/"), "Check its address")


def test_a_source_address_of_another_machine_raises_never_left() -> None:
    with raw_gateway(answer) as gateway:
        client = GatewayClient(gateway.url, source_address="203.0.113.1")
        assert_never_left(client, "from the source address 203.0.113.1")
    assert gateway.requests == []


def test_a_malformed_source_address_is_refused_when_the_client_is_made() -> None:
    with pytest.raises(ValueError, match="must be an IP address"):
        GatewayClient("http://127.0.0.1:8000/", source_address="eth0")


def test_a_failed_tls_handshake_raises_never_left() -> None:
    def script(peer: Peer) -> None:
        peer.sock.recv(65536)
        peer.send(b"HTTP/1.0 400 This is not TLS\r\n\r\n")

    with raw_gateway(script) as gateway:
        assert_never_left(GatewayClient(gateway.url.replace("http:", "https:")))


def test_a_refusing_proxy_raises_never_left_without_its_login() -> None:
    with refusing_port() as port:
        client = GatewayClient("http://gateway.invalid/", proxy=f"http://me:pw@127.0.0.1:{port}")
        assert_never_left(client, f"proxy at 127.0.0.1:{port}")
        with pytest.raises(NeverLeft) as failed:
            client.exchange(MESSAGE)
        assert "pw" not in failed.value.sentence


def test_a_proxy_that_requires_a_login_raises_never_left() -> None:
    with raw_gateway(answer_with(NO_LOGIN)) as proxy:
        assert_never_left(GatewayClient("http://gateway.invalid/", proxy=proxy.url), "407")


def test_http_502_of_a_proxy_is_not_definite() -> None:
    with (
        raw_gateway(answer_with(NO_GATEWAY)) as proxy,
        GatewayClient("http://gateway.invalid/", proxy=proxy.url) as client,
        pytest.raises(HttpError) as failed,
    ):
        client.exchange(MESSAGE)
    assert failed.value.code == "HTTP_502"


def test_a_proxy_is_used_with_its_login() -> None:
    with raw_gateway(answer) as proxy:
        url = f"http://me:pw@127.0.0.1:{proxy.port}"
        with GatewayClient("http://gateway.invalid:8000/", proxy=url) as client:
            assert client.exchange(MESSAGE).res == 0
            assert client.exchange(MESSAGE).res == 0

    assert [request.connection for request in proxy.requests] == [1, 1]
    head = proxy.requests[0].head
    assert head.startswith("POST http://gateway.invalid:8000/ HTTP/1.1\r\n")
    assert "Host: gateway.invalid:8000" in head
    assert "Proxy-Authorization: Basic bWU6cHc=" in head.replace("authorization", "Authorization")


def test_the_source_address_is_used() -> None:
    with (
        raw_gateway(answer) as gateway,
        GatewayClient(gateway.url, source_address="127.0.0.2") as client,
    ):
        client.exchange(MESSAGE)
        client.exchange(MESSAGE)

    assert {request.address for request in gateway.requests} == {"127.0.0.2"}


def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    with refusing_port() as port, raw_gateway(answer) as gateway:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
        with GatewayClient(gateway.url) as client:
            assert client.exchange(MESSAGE).res == 0

"""The client over TLS, directly and through the tunnel of a proxy."""

from __future__ import annotations

import datetime
import ssl
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import requests.adapters
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from qqhttp import CltMsg, GatewayClient, HttpError, NeverLeft
from qqhttp.connector import connector_for
from tests.qqhttp.raw_gateway import Peer, http_reply, raw_gateway

KEEP = "Connection: keep-alive\r\n"
MESSAGE = CltMsg(seq=1, uin=29501213, un=106814, mg="hush-hush")
TUNNEL = b"HTTP/1.0 200 Connection established\r\n\r\n"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with the certificate of `localhost`, which signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "localhost.pem"
    file.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file


@pytest.fixture
def _trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `requests` trust the certificate."""
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(certificate))
    connector_for.cache_clear()


def over_tls(script: Callable[[Peer], None], certificate: Path) -> Callable[[Peer], None]:
    """Return a script that first makes the connection a TLS connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def secure(peer: Peer) -> None:
        peer.sock = context.wrap_socket(peer.sock, server_side=True)
        script(peer)

    return secure


def tunnel(heads: list[str], script: Callable[[Peer], None]) -> Callable[[Peer], None]:
    """Return a script that reads a CONNECT into `heads` and opens the tunnel."""

    def connect(peer: Peer) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += peer.sock.recv(1)
        heads.append(head.decode())
        peer.send(TUNNEL)
        script(peer)

    return connect


def answer(peer: Peer) -> None:
    while request := peer.request():
        peer.answer(request, headers=KEEP)


@pytest.mark.usefixtures("_trusted")
def test_a_request_is_sent_over_tls_and_the_connection_is_kept(certificate: Path) -> None:
    with (
        raw_gateway(over_tls(answer, certificate)) as gateway,
        GatewayClient(f"https://localhost:{gateway.port}/") as client,
    ):
        assert [client.exchange(MESSAGE).res for _ in range(3)] == [0, 0, 0]

    assert [request.connection for request in gateway.requests] == [1, 1, 1]


@pytest.mark.usefixtures("_trusted")
def test_a_second_reply_over_tls_is_not_read_as_the_next(certificate: Path) -> None:
    def twice(peer: Peer) -> None:
        while request := peer.request():
            peer.answer(request, headers=KEEP)
            peer.answer(request, headers=KEEP)

    with (
        raw_gateway(over_tls(twice, certificate)) as gateway,
        GatewayClient(f"https://localhost:{gateway.port}/") as client,
    ):
        for seq in range(3):
            message = CltMsg(seq=seq, uin=29501213, un=106814, mg="hi")
            assert client.exchange(message).fields["SEQ"] == str(seq)
            time.sleep(0.05)  # the second reply arrives

    assert [request.connection for request in gateway.requests] == [1, 2, 3]


def test_a_certificate_that_is_not_trusted_raises_never_left(certificate: Path) -> None:
    with (
        raw_gateway(over_tls(answer, certificate)) as gateway,
        GatewayClient(f"https://localhost:{gateway.port}/") as client,
        pytest.raises(NeverLeft),
    ):
        client.exchange(MESSAGE)

    assert gateway.requests == []


@pytest.mark.usefixtures("_trusted")
def test_a_tunnel_is_opened_with_the_proxys_login_which_the_gateway_does_not_see(
    certificate: Path,
) -> None:
    heads: list[str] = []
    with raw_gateway(tunnel(heads, over_tls(answer, certificate))) as proxy:
        url = f"http://me:pw@127.0.0.1:{proxy.port}"
        with GatewayClient("https://localhost:8443/qq", proxy=url) as client:
            assert [client.exchange(MESSAGE).res for _ in range(2)] == [0, 0]

    [head] = heads
    assert head.startswith("CONNECT localhost:8443 HTTP/1.")
    assert "proxy-authorization: basic bwu6chc=" in head.lower()
    assert [request.connection for request in proxy.requests] == [1, 1]
    assert proxy.requests[0].head.startswith("POST /qq HTTP/1.1\r\nHost: localhost:8443\r\n")
    assert "authorization" not in proxy.requests[0].head.lower()


@pytest.mark.usefixtures("_trusted")
def test_http_407_of_the_gateway_through_a_tunnel_is_not_definite(certificate: Path) -> None:
    """The gateway has the request. Only the proxy could say that it did not pass it on."""

    def refuse(peer: Peer) -> None:
        peer.request()
        peer.send(http_reply(b"", status="407 Login"))

    with (
        raw_gateway(tunnel([], over_tls(refuse, certificate))) as proxy,
        GatewayClient("https://localhost:8443/", proxy=proxy.url) as client,
        pytest.raises(HttpError) as failed,
    ):
        client.exchange(MESSAGE)

    assert not failed.value.definite


@pytest.mark.parametrize("reply", [b"HTTP/1.1 407 Login\r\n\r\n", b"nonsense\r\n\r\n", b""])
def test_a_refused_tunnel_raises_never_left(reply: bytes) -> None:
    def refuse(peer: Peer) -> None:
        peer.sock.recv(65536)
        peer.send(reply)

    with raw_gateway(refuse) as proxy:
        url = f"http://me:pw@127.0.0.1:{proxy.port}"
        client = GatewayClient("https://localhost:8443/", proxy=url)
        with pytest.raises(NeverLeft) as failed:
            client.exchange(MESSAGE)

    assert "pw" not in str(failed.value)


def test_a_tunnel_that_opens_byte_by_byte_takes_no_longer_than_a_connection_may() -> None:
    def drip(peer: Peer) -> None:
        peer.sock.recv(65536)
        for byte in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 500:
            peer.send(bytes([byte]))
            time.sleep(0.05)

    begin = time.monotonic()
    with (
        raw_gateway(drip) as proxy,
        GatewayClient("https://localhost:8443/", proxy=proxy.url, connect_timeout=0.5) as client,
        pytest.raises(NeverLeft),
    ):
        client.exchange(MESSAGE)

    assert time.monotonic() - begin < 10

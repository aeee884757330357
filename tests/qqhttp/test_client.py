"""The client over real sockets: requests, replies and kept connections."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from qqhttp import (
    CltMsg,
    GatewayClient,
    ListReply,
    Login,
    LoginRefused,
    MalformedReply,
    QueryStat,
    password_digest,
)
from qqhttp import List as ListRequest
from tests.qqhttp.raw_gateway import Peer, http_reply, raw_gateway, reply_body

KEEP = "Connection: keep-alive\r\n"
TEXT = "你好 100% & more = fine + hi\r\n😀"


def message(seq: int = 1, mg: str = TEXT) -> CltMsg:
    return CltMsg(seq=seq, uin=29501213, un=106814, mg=mg)


def answer_all(headers: str = "", rest: str = "RES=0&") -> Callable[[Peer], None]:
    def script(peer: Peer) -> None:
        while request := peer.request():
            peer.answer(request, rest, headers=headers)

    return script


def test_a_request_is_an_http_post_as_in_the_reference() -> None:
    with raw_gateway(answer_all()) as gateway, GatewayClient(gateway.url) as client:
        reply = client.exchange(message())

    assert reply.res == 0
    [request] = gateway.requests
    lines = request.head.split("\r\n")
    assert lines[0] == "POST / HTTP/1.1"
    assert f"Host: 127.0.0.1:{gateway.port}" in lines
    assert "Content-Type: text/plain; charset=UTF-8" in lines
    assert f"Content-Length: {len(request.body)}" in lines
    assert request.body == message().encode()


def test_the_url_path_is_used_and_defaults_to_slash() -> None:
    with raw_gateway(answer_all()) as gateway:
        with GatewayClient(f"{gateway.url}qq/api?x=1") as client:
            client.exchange(message())
        with GatewayClient(gateway.url.rstrip("/")) as client:
            client.exchange(message())

    assert [request.head.split()[1] for request in gateway.requests] == ["/qq/api?x=1", "/"]


def test_a_reply_is_returned_with_any_res() -> None:
    with raw_gateway(answer_all(rest="RES=20")) as gateway, GatewayClient(gateway.url) as client:
        assert client.exchange(message()).res == 20
        reply = client.exchange(ListRequest(seq=1, uin=2))

    assert isinstance(reply, ListReply)
    assert reply.res == 20


def test_a_login_with_rs_1_is_refused_despite_res_0() -> None:
    with (
        raw_gateway(answer_all(rest="RES=0&RS=1&RA=密码错误")) as gateway,
        GatewayClient(gateway.url) as client,
    ):
        reply = client.exchange(Login(seq=1, uin=2, ps=password_digest("wrong")))

    with pytest.raises(LoginRefused, match="密码错误") as refused:
        reply.raise_for_res()
    assert not refused.value.is_retryable


@pytest.mark.parametrize(
    ("headers", "connections"),
    [
        (KEEP, [1, 1, 1]),
        ("connection: Keep-Alive\r\n", [1, 1, 1]),
        ("Connection: Upgrade, keep-alive\r\n", [1, 1, 1]),
        ("", [1, 2, 3]),
        ("Connection: close\r\n", [1, 2, 3]),
        ("Connection: keep-alive, close\r\n", [1, 2, 3]),
        ("Keep-Alive: timeout=5\r\n", [1, 2, 3]),
    ],
)
def test_a_connection_is_reused_only_after_a_keep_alive_reply(
    headers: str, connections: list[int]
) -> None:
    with raw_gateway(answer_all(headers)) as gateway, GatewayClient(gateway.url) as client:
        for seq in range(3):
            client.exchange(message(seq))
            if not headers:
                # The client closes the connection; this gateway would keep it open.
                assert gateway.hung_up.acquire(timeout=10)

    assert [request.connection for request in gateway.requests] == connections


def test_no_request_is_lost_if_the_gateway_closes_without_notice() -> None:
    def script(peer: Peer) -> None:
        request = peer.request()
        assert request
        peer.answer(request)

    with raw_gateway(script) as gateway, GatewayClient(gateway.url) as client:
        assert [client.exchange(message(seq)).res for seq in range(5)] == [0] * 5

    assert len(gateway.requests) == 5


def test_an_ended_kept_connection_is_detected_before_sending() -> None:
    def script(peer: Peer) -> None:
        request = peer.request()
        assert request
        peer.answer(request, headers=KEEP)

    with raw_gateway(script) as gateway, GatewayClient(gateway.url) as client:
        client.exchange(message(1))
        assert gateway.hung_up.acquire(timeout=10)
        assert client.exchange(message(2)).res == 0

    assert [request.connection for request in gateway.requests] == [1, 2]


@pytest.mark.parametrize(
    "head",
    [
        "HTTP/1.0 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
        "HTTP/1.0 200 OK\r\nServer: tencent imserver/1.0.0\r\n\r\n",
    ],
)
def test_a_reply_without_content_length_ends_with_the_connection(head: str) -> None:
    def script(peer: Peer) -> None:
        request = peer.request()
        assert request
        peer.send(head.encode() + reply_body(request))

    with raw_gateway(script) as gateway, GatewayClient(gateway.url) as client:
        assert client.exchange(message()).res == 0


def test_an_http_1_0_connection_is_kept_after_a_keep_alive_reply() -> None:
    def script(peer: Peer) -> None:
        while request := peer.request():
            reply = http_reply(reply_body(request), headers=KEEP)
            peer.send(reply.replace(b"HTTP/1.1", b"HTTP/1.0"))

    with raw_gateway(script) as gateway, GatewayClient(gateway.url) as client:
        client.exchange(message(1))
        client.exchange(message(2))

    assert [request.connection for request in gateway.requests] == [1, 1]


def test_a_chunked_reply_is_read() -> None:
    def script(peer: Peer) -> None:
        request = peer.request()
        assert request
        body = reply_body(request)
        peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        peer.send(b"5\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (body[:5], len(body) - 5, body[5:]))

    with raw_gateway(script) as gateway, GatewayClient(gateway.url) as client:
        assert client.exchange(message()).res == 0


def test_a_reply_sent_byte_by_byte_is_read() -> None:
    def script(peer: Peer) -> None:
        request = peer.request()
        assert request
        for byte in http_reply(reply_body(request)):
            peer.send(bytes([byte]))

    with raw_gateway(script) as gateway, GatewayClient(gateway.url) as client:
        assert client.exchange(message()).res == 0


def test_content_length_is_in_bytes_not_characters() -> None:
    rest = "RES=0&MN=1&MT=9,&UN=106814,&MG=你好😀,"
    with raw_gateway(answer_all(KEEP, rest)) as gateway, GatewayClient(gateway.url) as client:
        for seq in range(2):
            assert client.exchange(message(seq)).fields["MG"] == "你好😀,"


def test_a_friend_list_of_a_hundred_thousand_is_read() -> None:
    uins = range(10_000, 110_000)
    rest = f"RES=0&FN=1&SN={len(uins)}&UN={','.join(map(str, uins))},"
    with raw_gateway(answer_all(rest=rest)) as gateway, GatewayClient(gateway.url) as client:
        reply = client.exchange(ListRequest(seq=1, uin=2))

    assert reply.friends == tuple(uins)
    assert reply.is_complete


@pytest.mark.parametrize(
    "other",
    ["CMD=CLTMSG&SEQ=2&UIN=29501213", "CMD=LIST&SEQ=1&UIN=29501213", "CMD=CLTMSG&SEQ=1&UIN=7"],
)
def test_a_reply_to_another_request_is_not_definite_and_ends_the_connection(other: str) -> None:
    def script(peer: Peer) -> None:
        while request := peer.request():
            if len(gateway.requests) == 1:
                peer.send(http_reply(f"VER=1.1&{other}&RES=0".encode(), headers=KEEP))
            else:
                peer.answer(request, headers=KEEP)

    with raw_gateway(script) as gateway, GatewayClient(gateway.url) as client:
        with pytest.raises(MalformedReply) as failed:
            client.exchange(message(1))
        assert not failed.value.definite
        assert client.exchange(message(1)).res == 0

    assert [request.connection for request in gateway.requests] == [1, 2]


def test_an_extra_reply_is_not_read_as_the_reply_to_the_next_request() -> None:
    """A gateway may answer twice, as to Query_Stat without TN."""

    def script(peer: Peer) -> None:
        while request := peer.request():
            body = reply_body(request, "RES=0&FN=1")
            peer.send(http_reply(body, headers=KEEP) + http_reply(body, headers=KEEP))

    with raw_gateway(script) as gateway, GatewayClient(gateway.url) as client:
        for seq in range(5):
            assert client.exchange(QueryStat(seq=seq, uin=2)).fields["SEQ"] == str(seq)


@pytest.mark.parametrize("missing", [1, 5])
def test_bytes_beyond_content_length_are_not_read_as_the_next_reply(
    missing: int,
) -> None:
    def script(peer: Peer) -> None:
        while request := peer.request():
            body = reply_body(request, "RES=0&XX=12345")
            head = f"HTTP/1.1 200 OK\r\n{KEEP}Content-Length: {len(body) - missing}\r\n\r\n"
            peer.send(head.encode() + body)

    with raw_gateway(script) as gateway, GatewayClient(gateway.url) as client:
        for seq in range(5):
            assert client.exchange(message(seq)).fields["SEQ"] == str(seq)


def test_a_closed_client_can_be_used_again() -> None:
    with raw_gateway(answer_all(KEEP)) as gateway:
        client = GatewayClient(gateway.url)
        client.exchange(message(1))
        client.close()
        assert gateway.hung_up.acquire(timeout=10)
        client.exchange(message(2))
        client.close()

    assert [request.connection for request in gateway.requests] == [1, 2]


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:8000", "ftp://x/", "http://", "http://x:y/", "http://me:pw@:0/"]
)
def test_a_malformed_url_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(ValueError, match="must look like http://host:port/") as refused:
        GatewayClient(url)
    assert "pw" not in str(refused.value)
    with pytest.raises(ValueError, match="proxy's address"):
        GatewayClient("http://127.0.0.1:8000/", proxy=url or "socks5://x:1080")

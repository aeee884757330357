"""The client over real sockets: what it sends, what it keeps, how it reads."""

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
        while arrival := peer.request():
            peer.answer(arrival, rest, headers=headers)

    return script


def test_request_is_the_references_post() -> None:
    with raw_gateway(answer_all()) as gateway, GatewayClient(gateway.url) as client:
        reply = client.exchange(message())

    assert reply.res == 0
    [arrival] = gateway.arrivals
    lines = arrival.head.split("\r\n")
    assert lines[0] == "POST / HTTP/1.1"
    assert f"Host: 127.0.0.1:{gateway.port}" in lines
    assert "Content-Type: text/plain; charset=UTF-8" in lines
    assert f"Content-Length: {len(arrival.body)}" in lines
    assert arrival.body == message().encode()


def test_a_path_and_a_missing_path_are_kept_and_filled_in() -> None:
    with raw_gateway(answer_all()) as gateway:
        with GatewayClient(f"{gateway.url}qq/api?x=1") as client:
            client.exchange(message())
        with GatewayClient(gateway.url.rstrip("/")) as client:
            client.exchange(message())

    assert [arrival.head.split()[1] for arrival in gateway.arrivals] == ["/qq/api?x=1", "/"]


def test_a_reply_is_returned_whatever_its_res() -> None:
    with raw_gateway(answer_all(rest="RES=20")) as gateway, GatewayClient(gateway.url) as client:
        assert client.exchange(message()).res == 20
        reply = client.exchange(ListRequest(seq=1, uin=2))

    assert isinstance(reply, ListReply)
    assert reply.res == 20


def test_a_refused_login_is_not_taken_for_res_0() -> None:
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
def test_a_connection_is_used_again_only_if_the_reply_says_so(
    headers: str, connections: list[int]
) -> None:
    with raw_gateway(answer_all(headers)) as gateway, GatewayClient(gateway.url) as client:
        for seq in range(3):
            client.exchange(message(seq))
            if not headers:
                # It is the client that hangs up: this gateway would keep the connection open.
                assert gateway.hung_up.acquire(timeout=10)

    assert [arrival.connection for arrival in gateway.arrivals] == connections


def test_a_gateway_that_closes_without_saying_so_loses_nothing() -> None:
    def script(peer: Peer) -> None:
        arrival = peer.request()
        assert arrival
        peer.answer(arrival)

    with raw_gateway(script) as gateway, GatewayClient(gateway.url) as client:
        assert [client.exchange(message(seq)).res for seq in range(5)] == [0] * 5

    assert len(gateway.arrivals) == 5


def test_a_kept_connection_that_has_ended_is_noticed_before_anything_is_sent() -> None:
    def script(peer: Peer) -> None:
        arrival = peer.request()
        assert arrival
        peer.answer(arrival, headers=KEEP)

    with raw_gateway(script) as gateway, GatewayClient(gateway.url) as client:
        client.exchange(message(1))
        assert gateway.hung_up.acquire(timeout=10)
        assert client.exchange(message(2)).res == 0

    assert [arrival.connection for arrival in gateway.arrivals] == [1, 2]


@pytest.mark.parametrize(
    "head",
    [
        "HTTP/1.0 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
        "HTTP/1.0 200 OK\r\nServer: tencent imserver/1.0.0\r\n\r\n",
    ],
)
def test_a_reply_without_a_length_ends_with_its_connection(head: str) -> None:
    def script(peer: Peer) -> None:
        arrival = peer.request()
        assert arrival
        peer.send(head.encode() + reply_body(arrival))

    with raw_gateway(script) as gateway, GatewayClient(gateway.url) as client:
        assert client.exchange(message()).res == 0


def test_an_http_1_0_connection_is_kept_if_the_reply_says_so() -> None:
    def script(peer: Peer) -> None:
        while arrival := peer.request():
            reply = http_reply(reply_body(arrival), headers=KEEP)
            peer.send(reply.replace(b"HTTP/1.1", b"HTTP/1.0"))

    with raw_gateway(script) as gateway, GatewayClient(gateway.url) as client:
        client.exchange(message(1))
        client.exchange(message(2))

    assert [arrival.connection for arrival in gateway.arrivals] == [1, 1]


def test_a_chunked_reply_is_read() -> None:
    def script(peer: Peer) -> None:
        arrival = peer.request()
        assert arrival
        body = reply_body(arrival)
        peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        peer.send(b"5\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (body[:5], len(body) - 5, body[5:]))

    with raw_gateway(script) as gateway, GatewayClient(gateway.url) as client:
        assert client.exchange(message()).res == 0


def test_a_reply_in_pieces_is_read() -> None:
    def script(peer: Peer) -> None:
        arrival = peer.request()
        assert arrival
        for byte in http_reply(reply_body(arrival)):
            peer.send(bytes([byte]))

    with raw_gateway(script) as gateway, GatewayClient(gateway.url) as client:
        assert client.exchange(message()).res == 0


def test_content_length_counts_bytes() -> None:
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
def test_a_reply_to_another_request_is_ambiguous_and_ends_the_connection(other: str) -> None:
    def script(peer: Peer) -> None:
        while arrival := peer.request():
            if len(gateway.arrivals) == 1:
                peer.send(http_reply(f"VER=1.1&{other}&RES=0".encode(), headers=KEEP))
            else:
                peer.answer(arrival, headers=KEEP)

    with raw_gateway(script) as gateway, GatewayClient(gateway.url) as client:
        with pytest.raises(MalformedReply) as failed:
            client.exchange(message(1))
        assert not failed.value.definite
        assert client.exchange(message(1)).res == 0

    assert [arrival.connection for arrival in gateway.arrivals] == [1, 2]


def test_a_second_answer_never_meets_the_next_request() -> None:
    """Query_Stat without TN is answered twice; even so the next request gets its own reply."""

    def script(peer: Peer) -> None:
        while arrival := peer.request():
            body = reply_body(arrival, "RES=0&FN=1")
            peer.send(http_reply(body, headers=KEEP) + http_reply(body, headers=KEEP))

    with raw_gateway(script) as gateway, GatewayClient(gateway.url) as client:
        for seq in range(5):
            assert client.exchange(QueryStat(seq=seq, uin=2)).fields["SEQ"] == str(seq)


@pytest.mark.parametrize("missing", [1, 5])
def test_what_a_short_content_length_leaves_over_never_meets_the_next_request(
    missing: int,
) -> None:
    def script(peer: Peer) -> None:
        while arrival := peer.request():
            body = reply_body(arrival, "RES=0&XX=12345")
            head = f"HTTP/1.1 200 OK\r\n{KEEP}Content-Length: {len(body) - missing}\r\n\r\n"
            peer.send(head.encode() + body)

    with raw_gateway(script) as gateway, GatewayClient(gateway.url) as client:
        for seq in range(5):
            assert client.exchange(message(seq)).fields["SEQ"] == str(seq)


def test_a_closed_client_may_be_used_again() -> None:
    with raw_gateway(answer_all(KEEP)) as gateway:
        client = GatewayClient(gateway.url)
        client.exchange(message(1))
        client.close()
        assert gateway.hung_up.acquire(timeout=10)
        client.exchange(message(2))
        client.close()

    assert [arrival.connection for arrival in gateway.arrivals] == [1, 2]


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:8000", "ftp://x/", "http://", "http://x:y/", "http://me:pw@:0/"]
)
def test_an_address_that_cannot_be_one_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(ValueError, match="must look like http://host:port/") as refused:
        GatewayClient(url)
    assert "pw" not in str(refused.value)
    with pytest.raises(ValueError, match="proxy's address"):
        GatewayClient("http://127.0.0.1:8000/", proxy=url or "socks5://x:1080")

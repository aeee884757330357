"""The simulator accepts the HTTP quirks of the old clients, with their original meaning."""

import socket
import time
from collections.abc import Callable

import pytest

from qqhttp.simulator import GatewaySimulator

from .raw_client import ALICE, FRIEND, RawClient, log_in, message, request

TEXT = "你好 100% & more = fine + hi\r\n😀"
PERCENT = "%E4%BD%A0%E5%A5%BD%20100%25%20%26%20more%20%3D%20fine%20%2B%20hi%0D%0A%F0%9F%98%80"
FORM_TYPE = "Content-Type: application/x-www-form-urlencoded"
PLAIN_TYPE = "Content-Type: text/plain; charset=UTF-8"

# The bytes of a request, and the text that must be delivered.
QUIRKS = {
    "a path": (request(message(1, PERCENT), PLAIN_TYPE), TEXT),
    "no path (reference 2)": (
        request(message(1, PERCENT), "Host: tqq", PLAIN_TYPE, line="POST HTTP/1.1"), TEXT),
    "an empty path, two spaces (PHP)": (
        request(message(1, PERCENT), "Host: tqq", FORM_TYPE, line="POST  HTTP/1.1"), TEXT),
    "an absolute URL, as to a proxy": (
        request(message(1, PERCENT), line="POST http://tqq:8000/ HTTP/1.1"), TEXT),
    "HTTP/1.0": (request(message(1, PERCENT), line="POST / HTTP/1.0"), TEXT),
    "no type (Python 2)": (request(message(1, PERCENT), "Accept-Encoding: identity"), TEXT),
    "header names in mixed case": (
        request(message(1, "a+b"), "hOsT: x", "CONTENT-TYPE: Application/X-WWW-form-urlencoded"),
        "a b"),
    "form: + is a space": (request(message(1, "a+b%2Bc"), FORM_TYPE), "a b+c"),
    "plain: + is a plus": (request(message(1, "a+b%2Bc"), PLAIN_TYPE), "a+b+c"),
    "no type: + is a plus": (request(message(1, "a+b")), "a+b"),
    "unescaped UTF-8": (request(message(1, "你好,世界 😀"), PLAIN_TYPE), "你好,世界 😀"),
    "escaped and unescaped mixed": (request(message(1, "你%E5%A5%BD"), PLAIN_TYPE), "你好"),
    "an unescaped % stays": (request(message(1, "100% 5%zz %4"), PLAIN_TYPE), "100% 5%zz %4"),
    "an unescaped & cuts the text": (request(message(1, "a&b"), PLAIN_TYPE), "a"),
    "lowercase escapes": (request(message(1, "%e4%bd%a0"), PLAIN_TYPE), "你"),
    "an empty text": (request(message(1, ""), PLAIN_TYPE), ""),
    "fields in another order": (
        request(f"MG=hi&UN={FRIEND}&UIN={ALICE}&SEQ=1&CMD=CLTMSG&VER=1.0"), "hi"),
    "a trailing &": (request(message(1, "hi") + "&"), "hi"),
    "line ends before a request": (b"\r\n\r\n" + request(message(1, "hi")), "hi"),
    "line ends after a body": (request(message(1, "hi")) + b"\r\n\r\n", "hi"),
    "bare line feeds": (request(message(1, "hi")).replace(b"\r\n", b"\n"), "hi"),
}  # fmt: skip


@pytest.mark.parametrize("quirk", QUIRKS)
def test_a_quirk_is_accepted(gateway: GatewaySimulator, quirk: str) -> None:
    sent, text = QUIRKS[quirk]
    with RawClient(gateway.port) as client:
        client.send(sent)
        assert client.body() == f"VER=1.1&CMD=CLTMSG&SEQ=1&UIN={ALICE}&RES=0&"
    (delivered,) = gateway.control.messages()
    assert (delivered.uin, delivered.un, delivered.seq, delivered.text) == (
        ALICE,
        FRIEND,
        "1",
        text,
    )
    assert abs(delivered.at - time.time()) < 60


def test_a_request_may_be_split_at_any_byte(gateway: GatewaySimulator) -> None:
    with RawClient(gateway.port) as client:
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        length = len(request(message(100)))
        for cut in range(1, length):
            sent = request(message(100 + cut))
            client.send(sent[:cut])
            # After a request on another connection the first part has been read.
            if cut % 16 == 0:
                gateway.control.figures()
            client.send(sent[cut:])
            assert client.body().endswith("&RES=0&")
    assert gateway.control.figures().arrived == length - 1


def test_pipelined_requests_are_answered_in_order(gateway: GatewaySimulator) -> None:
    with RawClient(gateway.port) as client:
        client.send(b"\r\n".join(request(message(seq)) for seq in range(1, 51)))
        replies = [client.body() for _ in range(50)]
    assert [reply.split("&")[2] for reply in replies] == [f"SEQ={seq}" for seq in range(1, 51)]


def test_a_body_without_content_length_ends_with_the_connection(gateway: GatewaySimulator) -> None:
    with RawClient(gateway.port) as client:
        client.send(b"POST / HTTP/1.0\r\n\r\n" + message(1, "hi").encode())
        client.socket.shutdown(socket.SHUT_WR)
        assert client.body().endswith("&RES=0&")


def test_a_client_that_expects_100_continue_gets_it(gateway: GatewaySimulator) -> None:
    sent = request(message(1), "Expect: 100-continue")
    head, _, body = sent.partition(b"\r\n\r\n")
    with RawClient(gateway.port) as client:
        client.send(head + b"\r\n\r\n")
        expected = b"HTTP/1.1 100 Continue\r\n\r\n"
        assert client.socket.recv(len(expected), socket.MSG_WAITALL) == expected
        client.send(body)
        assert client.body().endswith("&RES=0&")


# HTTP version and headers of the request; whether the connection is kept.
CONNECTIONS = [
    ("HTTP/1.1", [], True),
    ("HTTP/1.1", ["Connection: Keep-Alive"], True),
    ("HTTP/1.1", ["Connection: close"], False),
    ("HTTP/1.0", [], False),
    ("HTTP/1.0", ["Connection: keep-alive"], True),
]


@pytest.mark.parametrize(("version", "headers", "is_kept"), CONNECTIONS)
def test_a_connection_is_kept_if_the_client_keeps_it(
    gateway: GatewaySimulator, version: str, headers: list[str], is_kept: bool
) -> None:
    with RawClient(gateway.port) as client:
        client.post(message(1), *headers, line=f"POST / {version}")
        head, _ = client.head_and_body()
        assert f"\r\nConnection: {'keep-alive' if is_kept else 'close'}\r\n" in head
        if is_kept:
            client.post(message(2), *headers, line=f"POST / {version}")
            assert client.body().endswith("&RES=0&")
        else:
            assert client.is_closed()


def test_no_connection_is_kept_without_keep_alive(gateway: GatewaySimulator) -> None:
    gateway.control.change(is_keep_alive=False)
    with RawClient(gateway.port) as client:
        client.post(message(1), "Connection: keep-alive")
        assert "\r\nConnection: close\r\n" in client.head_and_body()[0]
        assert client.is_closed()


def test_silent_close_closes_without_a_connection_header(gateway: GatewaySimulator) -> None:
    gateway.control.change(is_silent_close=True)
    with RawClient(gateway.port) as client:
        client.post(message(1), "Connection: keep-alive")
        head, body = client.head_and_body()
        assert "Connection" not in head
        assert body.endswith(b"&RES=0&")
        assert client.is_closed()


def test_line_ends_after_the_last_request_do_not_lose_the_reply(gateway: GatewaySimulator) -> None:
    # A server that closes with unread bytes resets the connection, and the reply is lost.
    for seq in range(1, 30):
        with RawClient(gateway.port) as client:
            client.post(message(seq), "Connection: close")
            client.send(b"\r\n\r\n")
            assert client.body().endswith("&RES=0&")
            assert client.is_closed()


# Invalid requests and the status of the reply.
INVALID = [
    (b"GET / HTTP/1.1\r\n\r\n", 405),
    (b"nonsense\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\n\r\n", 411),
    (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
    (b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", 413),
    (b"x" * 70_000, 431),
]


@pytest.mark.parametrize(("sent", "status"), INVALID)
def test_an_invalid_request_gets_an_http_error_and_the_connection_ends(
    gateway: GatewaySimulator, sent: bytes, status: int
) -> None:
    with RawClient(gateway.port) as client:
        client.send(sent)
        assert client.head_and_body()[0].startswith(f"HTTP/1.1 {status} ")
        assert client.is_closed()


def test_get_is_taken_only_where_a_setting_says_so(
    start: Callable[..., GatewaySimulator],
) -> None:
    gateway = start(is_get_taken=True)
    log_in(gateway)
    asked = f"GET /?{message(1, 'a+b%20c')} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    with RawClient(gateway.port) as client:
        client.send(asked)
        assert client.body().endswith("&RES=0&")
        client.send(asked.replace(b"SEQ=1", b"SEQ=2"))  # the connection is kept
        assert client.body().endswith("&RES=0&")
        client.send(b"GET / HTTP/1.1\r\n\r\n")
        assert client.head_and_body()[0].startswith("HTTP/1.1 405 ")
    assert [item.text for item in gateway.control.messages()] == ["a b c", "a b c"]


def test_head_and_body_may_be_sent_separately_as_by_php(gateway: GatewaySimulator) -> None:
    log_in(gateway)
    sent = request(
        message(1, "%E4%BD%A0+%E5%A5%BD"), "Host: 127.0.0.1", "Connection: Keep-Alive",
        "Pragma: no-cache", "Cache-Control: no-cache", "Accept: */*", FORM_TYPE,
        line="POST  HTTP/1.1",
    )  # fmt: skip
    head, _, body = sent.partition(b"\r\n\r\n")
    with RawClient(gateway.port) as client:
        client.send(head + b"\r\n\r\n")
        gateway.control.figures()
        client.send(body + b"\r\n\r\n")
        assert client.body().endswith("&RES=0&")
        client.send(sent.replace(b"SEQ=1", b"SEQ=2"))
        assert client.body().endswith("&RES=0&")
    assert [item.text for item in gateway.control.messages()] == ["你 好", "你 好"]

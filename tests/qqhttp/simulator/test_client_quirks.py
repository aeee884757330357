"""What the historic clients do on the wire; each habit is borne and means what it meant."""

import socket
import time

import pytest

from qqhttp.simulator import GatewaySimulator

from .raw_client import ALICE, FRIEND, RawClient, log_in, message, request

TEXT = "你好 100% & more = fine + hi\r\n😀"
PERCENT = "%E4%BD%A0%E5%A5%BD%20100%25%20%26%20more%20%3D%20fine%20%2B%20hi%0D%0A%F0%9F%98%80"
FORM_TYPE = "Content-Type: application/x-www-form-urlencoded"
PLAIN_TYPE = "Content-Type: text/plain; charset=UTF-8"

# The bytes of a request, and the text that has to arrive.
HABITS = {
    "a path": (request(message(1, PERCENT), PLAIN_TYPE), TEXT),
    "no path (reference 2)": (
        request(message(1, PERCENT), "Host: tqq", PLAIN_TYPE, line="POST HTTP/1.1"), TEXT),
    "an empty path, two spaces (PHP)": (
        request(message(1, PERCENT), "Host: tqq", FORM_TYPE, line="POST  HTTP/1.1"), TEXT),
    "a path as to a proxy": (
        request(message(1, PERCENT), line="POST http://tqq:8000/ HTTP/1.1"), TEXT),
    "HTTP/1.0": (request(message(1, PERCENT), line="POST / HTTP/1.0"), TEXT),
    "no type (Python 2)": (request(message(1, PERCENT), "Accept-Encoding: identity"), TEXT),
    "header names in odd case": (
        request(message(1, "a+b"), "hOsT: x", "CONTENT-TYPE: Application/X-WWW-form-urlencoded"),
        "a b"),
    "form: + is a space": (request(message(1, "a+b%2Bc"), FORM_TYPE), "a b+c"),
    "plain: + is a plus": (request(message(1, "a+b%2Bc"), PLAIN_TYPE), "a+b+c"),
    "no type: + is a plus": (request(message(1, "a+b")), "a+b"),
    "raw UTF-8": (request(message(1, "你好,世界 😀"), PLAIN_TYPE), "你好,世界 😀"),
    "raw and escaped mixed": (request(message(1, "你%E5%A5%BD"), PLAIN_TYPE), "你好"),
    "a raw % stays": (request(message(1, "100% 5%zz %4"), PLAIN_TYPE), "100% 5%zz %4"),
    "a raw & cuts the text": (request(message(1, "a&b"), PLAIN_TYPE), "a"),
    "lowercase escapes": (request(message(1, "%e4%bd%a0"), PLAIN_TYPE), "你"),
    "an empty text": (request(message(1, ""), PLAIN_TYPE), ""),
    "fields in another order": (
        request(f"MG=hi&UN={FRIEND}&UIN={ALICE}&SEQ=1&CMD=CLTMSG&VER=1.0"), "hi"),
    "a trailing &": (request(message(1, "hi") + "&"), "hi"),
    "line ends before": (b"\r\n\r\n" + request(message(1, "hi")), "hi"),
    "line ends behind": (request(message(1, "hi")) + b"\r\n\r\n", "hi"),
    "bare line feeds": (request(message(1, "hi")).replace(b"\r\n", b"\n"), "hi"),
}  # fmt: skip


@pytest.mark.parametrize("habit", HABITS)
def test_it_bears(gateway: GatewaySimulator, habit: str) -> None:
    sent, text = HABITS[habit]
    with RawClient(gateway.port) as wire:
        wire.send(sent)
        assert wire.body() == f"VER=1.1&CMD=CLTMSG&SEQ=1&UIN={ALICE}&RES=0&"
    (arrival,) = gateway.control.messages()
    assert (arrival.uin, arrival.un, arrival.seq, arrival.text) == (ALICE, FRIEND, "1", text)
    assert abs(arrival.at - time.time()) < 60


def test_it_bears_a_request_split_at_any_byte(gateway: GatewaySimulator) -> None:
    with RawClient(gateway.port) as wire:
        wire.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        length = len(request(message(100)))
        for cut in range(1, length):
            sent = request(message(100 + cut))
            wire.send(sent[:cut])
            # A question on another connection: its answer proves that the first part was read.
            if cut % 16 == 0:
                gateway.control.figures()
            wire.send(sent[cut:])
            assert wire.body().endswith("&RES=0&")
    assert gateway.control.figures().arrived == length - 1


def test_requests_may_come_all_at_once(gateway: GatewaySimulator) -> None:
    with RawClient(gateway.port) as wire:
        wire.send(b"\r\n".join(request(message(seq)) for seq in range(1, 51)))
        replies = [wire.body() for _ in range(50)]
    assert [reply.split("&")[2] for reply in replies] == [f"SEQ={seq}" for seq in range(1, 51)]


def test_a_body_without_length_ends_with_the_connection(gateway: GatewaySimulator) -> None:
    with RawClient(gateway.port) as wire:
        wire.send(b"POST / HTTP/1.0\r\n\r\n" + message(1, "hi").encode())
        wire.socket.shutdown(socket.SHUT_WR)
        assert wire.body().endswith("&RES=0&")


def test_a_client_that_waits_for_100_continue_is_invited(gateway: GatewaySimulator) -> None:
    sent = request(message(1), "Expect: 100-continue")
    head, _, body = sent.partition(b"\r\n\r\n")
    with RawClient(gateway.port) as wire:
        wire.send(head + b"\r\n\r\n")
        invitation = b"HTTP/1.1 100 Continue\r\n\r\n"
        assert wire.socket.recv(len(invitation), socket.MSG_WAITALL) == invitation
        wire.send(body)
        assert wire.body().endswith("&RES=0&")


# Headers of the request, its version; whether the connection is kept.
CONNECTIONS = [
    ("HTTP/1.1", [], True),
    ("HTTP/1.1", ["Connection: Keep-Alive"], True),
    ("HTTP/1.1", ["Connection: close"], False),
    ("HTTP/1.0", [], False),
    ("HTTP/1.0", ["Connection: keep-alive"], True),
]


@pytest.mark.parametrize(("version", "headers", "is_kept"), CONNECTIONS)
def test_it_keeps_a_connection_if_the_client_does(
    gateway: GatewaySimulator, version: str, headers: list[str], is_kept: bool
) -> None:
    with RawClient(gateway.port) as wire:
        wire.post(message(1), *headers, line=f"POST / {version}")
        head, _ = wire.head_and_body()
        assert f"\r\nConnection: {'keep-alive' if is_kept else 'close'}\r\n" in head
        if is_kept:
            wire.post(message(2), *headers, line=f"POST / {version}")
            assert wire.body().endswith("&RES=0&")
        else:
            assert wire.is_closed()


def test_it_keeps_none_where_it_is_told_so(gateway: GatewaySimulator) -> None:
    gateway.control.change(is_keep_alive=False)
    with RawClient(gateway.port) as wire:
        wire.post(message(1), "Connection: keep-alive")
        assert "\r\nConnection: close\r\n" in wire.head_and_body()[0]
        assert wire.is_closed()


def test_it_closes_without_saying_so_where_it_is_told_to(gateway: GatewaySimulator) -> None:
    gateway.control.change(is_silent_close=True)
    with RawClient(gateway.port) as wire:
        wire.post(message(1), "Connection: keep-alive")
        head, body = wire.head_and_body()
        assert "Connection" not in head
        assert body.endswith(b"&RES=0&")
        assert wire.is_closed()


def test_line_ends_behind_a_closing_request_cost_no_reply(gateway: GatewaySimulator) -> None:
    # A server that closes over unread bytes resets the connection and loses its own reply.
    for seq in range(1, 30):
        with RawClient(gateway.port) as wire:
            wire.post(message(seq), "Connection: close")
            wire.send(b"\r\n\r\n")
            assert wire.body().endswith("&RES=0&")
            assert wire.is_closed()


# What is no HTTP or no request, and the status of the answer.
REFUSED = [
    (b"GET / HTTP/1.1\r\n\r\n", 405),
    (b"nonsense\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\n\r\n", 411),
    (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
    (b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", 413),
    (b"x" * 70_000, 431),
]


@pytest.mark.parametrize(("sent", "status"), REFUSED)
def test_what_is_no_request_gets_a_status_and_the_end(
    gateway: GatewaySimulator, sent: bytes, status: int
) -> None:
    with RawClient(gateway.port) as wire:
        wire.send(sent)
        assert wire.head_and_body()[0].startswith(f"HTTP/1.1 {status} ")
        assert wire.is_closed()


def test_the_php_client_sends_head_and_body_apart(gateway: GatewaySimulator) -> None:
    log_in(gateway)
    sent = request(
        message(1, "%E4%BD%A0+%E5%A5%BD"), "Host: 127.0.0.1", "Connection: Keep-Alive",
        "Pragma: no-cache", "Cache-Control: no-cache", "Accept: */*", FORM_TYPE,
        line="POST  HTTP/1.1",
    )  # fmt: skip
    head, _, body = sent.partition(b"\r\n\r\n")
    with RawClient(gateway.port) as wire:
        wire.send(head + b"\r\n\r\n")
        gateway.control.figures()
        wire.send(body + b"\r\n\r\n")
        assert wire.body().endswith("&RES=0&")
        wire.send(sent.replace(b"SEQ=1", b"SEQ=2"))
        assert wire.body().endswith("&RES=0&")
    assert [arrival.text for arrival in gateway.control.messages()] == ["你 好", "你 好"]

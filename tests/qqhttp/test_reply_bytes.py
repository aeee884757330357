"""Replies byte by byte: whole, split, joined, torn and mutated."""

from __future__ import annotations

import contextlib
import itertools
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from clocks import local
from qqhttp import CltMsg, GatewayClient, GatewayError, NeverLeft, NoAnswer, Withheld
from qqhttp.reply_reader import ReplyReader
from tests.examples import examples
from tests.qqhttp.raw_gateway import Peer, raw_gateway
from tests.qqhttp.reply_corpus import CORPUS, PLAIN, Case

MESSAGE = CltMsg(seq=1, uin=29501213, un=106814, mg="hi")


def sends(reply: bytes, *, ends: bool) -> Callable[[Peer], None]:
    """Return a script that answers each request with `reply`, and closes if it `ends`."""

    def script(peer: Peer) -> None:
        while peer.request():
            peer.send(reply)
            if ends:
                return

    return script


@pytest.mark.parametrize("case", CORPUS.values(), ids=list(CORPUS))
def test_a_reply_is_understood_as_before(case: Case) -> None:
    with (
        raw_gateway(sends(case.reply, ends=case.ends)) as gateway,
        GatewayClient(gateway.url, read_timeout=0.5) as client,
    ):
        try:
            verdict = str(client.exchange(MESSAGE).res)
        except NoAnswer as error:
            verdict = error.code
        else:
            with contextlib.suppress(NoAnswer):
                client.exchange(MESSAGE)  # to see which connection is used
            is_kept = [request.connection for request in gateway.requests] == [1, 1]
            verdict += " kept" if is_kept else " closed"

    assert verdict == case.verdict


def read(pieces: Iterable[bytes], *, ends: bool) -> tuple[object, ...]:
    """Return what a reader makes of a reply that arrives in these pieces."""
    reader = ReplyReader()
    try:
        if not any(reader.feed(piece) for piece in pieces) and ends:
            reader.end()
    except NoAnswer as error:
        return (error.code,)
    if reader.status not in (0, 200):
        return (reader.status,)
    return (reader.status, reader.is_complete, reader.body, reader.says_keep_alive)


@pytest.mark.parametrize("case", CORPUS.values(), ids=list(CORPUS))
def test_a_reply_means_the_same_however_it_is_split(case: Case) -> None:
    reply, ends = case.reply, case.ends
    whole = read([reply], ends=ends)
    step = max(1, len(reply) // 400)
    for at in range(1, len(reply), step):
        assert read([reply[:at], reply[at:]], ends=ends) == whole, at
    assert read([bytes([byte]) for byte in reply], ends=ends) == whole


@pytest.mark.parametrize("case", CORPUS.values(), ids=list(CORPUS))
def test_a_torn_reply_is_never_another_answer(case: Case) -> None:
    """A reply that ends early is the same answer, or none: RES=2 may be the start of RES=20."""
    has_end = b"Content-Length" in case.reply or b"chunked" in case.reply.lower()
    whole = read([case.reply], ends=case.ends)
    for at in range(0, len(case.reply), max(1, len(case.reply) // 400)):
        torn = read([case.reply[:at]], ends=True)
        if has_end and torn[0] == 200 and torn[1:3] != whole[1:3]:
            assert not torn[2].strip(), at  # type: ignore[attr-defined]


def mutated(replies: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """Return replies with a part removed, replaced, repeated or put elsewhere."""

    def mutate(reply: bytes, at: int, to: int, other: bytes) -> bytes:
        first, last = sorted((at % (len(reply) + 1), to % (len(reply) + 1)))
        return reply[:first] + other + reply[last:]

    places = st.integers(0, 2_000)
    return st.builds(mutate, replies, places, places, st.one_of(st.binary(max_size=8), replies))


SHORT = [case.reply for case in CORPUS.values() if len(case.reply) < 2_000]
REPLIES = st.one_of(st.sampled_from(SHORT), mutated(st.sampled_from(SHORT)), st.binary())


@settings(max_examples=examples(400), deadline=None)
@given(REPLIES, st.lists(st.integers(0, 500), max_size=5), st.booleans())
def test_any_bytes_mean_the_same_however_they_are_split(
    reply: bytes, cuts: list[int], ends: bool
) -> None:
    places = sorted({0, *cuts, len(reply)})
    pieces = [reply[a:b] for a, b in itertools.pairwise(places)]
    assert read([piece for piece in pieces if piece], ends=ends) == read([reply], ends=ends)


@contextlib.contextmanager
def written() -> Iterator[list[int]]:
    """Yield the lengths of what this thread writes into sockets, noted before it is written."""
    here, writes, send = threading.get_ident(), list[int](), socket.socket.send

    def noted(sock: socket.socket, data: bytes, flags: int = 0) -> int:
        if threading.get_ident() == here:
            writes.append(len(data))
        return send(sock, data, flags)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "send", noted)
        yield writes


@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    reply=REPLIES,
    reads=st.one_of(st.none(), st.integers(0, 300)),
    ending=st.sampled_from(["close", "reset"]),
    has_kept=st.booleans(),
)
@example(reply=b"", reads=0, ending="reset", has_kept=False)
@example(reply=b"", reads=0, ending="reset", has_kept=True)
@example(reply=PLAIN, reads=1, ending="reset", has_kept=True)
def test_a_request_that_may_have_left_is_never_called_never_left(
    reply: bytes, reads: int | None, ending: str, has_kept: bool
) -> None:
    """Whatever the gateway reads, sends and does to the connection after it was made."""

    def script(peer: Peer) -> None:
        if has_kept and peer.number == 1:
            peer.request()
            peer.send(PLAIN)
        if reads is None:
            peer.request()
        else:
            for _byte in range(reads):
                if not peer.sock.recv(1):
                    break
        peer.send(reply)
        if ending == "reset":
            peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with (
        raw_gateway(script) as gateway,
        GatewayClient(gateway.url, read_timeout=0.3) as client,
        written() as writes,
    ):
        if has_kept:
            assert client.exchange(MESSAGE).res == 0
            writes.clear()
        failure: GatewayError | None = None
        try:
            client.exchange(MESSAGE)
        except GatewayError as error:
            failure = error
        # A connection may be reset before it is ready. Then nothing was written.
        has_left = not isinstance(failure, NeverLeft)
        assert has_left == bool(writes)
        assert failure is None or failure.definite == (not has_left)


def test_a_request_that_is_withheld_sends_no_byte() -> None:
    received: list[bytes] = []

    def script(peer: Peer) -> None:
        received.append(peer.sock.recv(1))

    with (
        raw_gateway(script) as gateway,
        GatewayClient(gateway.url) as client,
    ):
        with pytest.raises(Withheld):
            client.exchange(MESSAGE, leave_by=local.elapsed() - 1)
        assert gateway.hung_up.acquire(timeout=10)

    assert received == [b""]


def test_a_request_longer_than_the_sockets_buffers_that_is_not_read_has_no_answer() -> None:
    """Its first part has left, so it may have been carried out."""

    is_over = threading.Event()

    def script(peer: Peer) -> None:
        peer.sock.recv(1)
        is_over.wait(20)

    with (
        raw_gateway(script) as gateway,
        GatewayClient(gateway.url, connect_timeout=0.3, read_timeout=0.3) as client,
    ):
        with pytest.raises(NoAnswer) as failed:
            client.exchange(CltMsg(seq=1, uin=2, un=3, mg="x" * 20_000_000))
        is_over.set()

    assert failed.value.code == "timeout"

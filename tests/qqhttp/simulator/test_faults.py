"""Injected faults: each kind, before and after the request is carried out, and its filters."""

import socket
import time
from collections.abc import Callable

import pytest

from qqhttp.simulator import GatewaySimulator, SimulatorError

from .raw_client import BOB, RawClient, ask, log_in, message

Start = Callable[..., GatewaySimulator]


def _outcome(gateway: GatewaySimulator, body: str, *, timeout: float = 10.0) -> str:
    """Return the result for the client: the code of the reply, or the kind of failure."""
    try:
        with RawClient(gateway.port, timeout=timeout) as client:
            client.post(body)
            head, reply = client.head_and_body()
    except ConnectionResetError:
        return "reset"
    except TimeoutError:
        return "hang"
    status = head.split()[1]
    if status != "200":
        return f"HTTP {status}"
    return reply.decode().split("RES=")[1] if reply else "empty"


KINDS = [
    ("empty", "empty"), ("reset", "reset"), ("hang", "hang"), ("http", "HTTP 502"),
    ("http,status=503", "HTTP 503"), ("refuse", "20"), ("refuse,res=3", "3"),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "outcome"), KINDS)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_fault_fires_before_or_after_the_message_is_delivered(
    gateway: GatewaySimulator, spec: str, outcome: str, when: str
) -> None:
    kind, _, rest = spec.partition(",")
    gateway.control.set_faults(f"{kind}:{when},count=1" + (f",{rest}" if rest else ""))
    timeout = 0.5 if kind == "hang" else 10.0
    assert _outcome(gateway, message(1), timeout=timeout) == outcome
    arrived = int(when == "after")
    assert gateway.control.figures().arrived == arrived
    # After a replay with the same SEQ the message is delivered once in both cases.
    assert _outcome(gateway, message(1)) == "0&"
    figures = gateway.control.figures()
    assert (figures.arrived, figures.repeats, figures.twice) == (1, arrived, 0)


@pytest.mark.parametrize("spec", ["empty,command=login", f"empty,uin={BOB}", "empty,p=0"])
def test_a_fault_does_not_fire_for_other_requests(gateway: GatewaySimulator, spec: str) -> None:
    gateway.control.set_faults(spec)
    assert _outcome(gateway, message(1)) == "0&"


def test_a_fault_fires_at_most_count_times(gateway: GatewaySimulator) -> None:
    gateway.control.set_faults("empty:after,command=CLTMSG,count=2")
    outcomes = [_outcome(gateway, message(seq)) for seq in (1, 2, 3)]
    assert outcomes == ["empty", "empty", "0&"]
    (fault,) = gateway.control.faults()
    assert (fault["count"], fault["fired"]) == (0, 2)


def test_random_faults_are_the_same_with_the_same_seed(start: Start) -> None:
    runs = []
    for _ in range(2):
        gateway = start(faults=("empty,p=0.5",), seed=3)
        gateway.control.set_faults({"kind": "empty", "command": "CLTMSG", "p": 0.5})
        log_in(gateway)
        runs.append([_outcome(gateway, message(seq)) for seq in range(1, 31)])
    assert runs[0] == runs[1]
    assert set(runs[0]) == {"empty", "0&"}


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_latency_fault_delays_the_reply(gateway: GatewaySimulator, when: str) -> None:
    gateway.control.set_faults(f"latency:{when},seconds=0.2,jitter=0.05")
    began = time.monotonic()
    assert _outcome(gateway, message(1)) == "0&"
    assert time.monotonic() - began >= 0.2


def test_a_hang_with_seconds_ends_in_a_reset(gateway: GatewaySimulator) -> None:
    gateway.control.set_faults("hang,seconds=0.1")
    assert _outcome(gateway, message(1)) == "reset"


@pytest.mark.parametrize(("kind", "header"), [("close", ""), ("lie", "Connection: keep-alive")])
def test_close_and_lie_close_the_connection_after_the_reply(
    gateway: GatewaySimulator, kind: str, header: str
) -> None:
    gateway.control.set_faults(kind)
    with RawClient(gateway.port) as client:
        client.post(message(1), "Connection: keep-alive")
        head, body = client.head_and_body()
        assert header in head
        assert ("Connection" in head) == bool(header)
        assert body.endswith(b"&RES=0&")
        assert client.is_closed()


def test_offline_refuses_and_resets_connections_until_come_online(
    gateway: GatewaySimulator,
) -> None:
    with RawClient(gateway.port) as client:
        client.post(message(1))
        client.body()
        gateway.control.go_offline(seconds=600)
        with pytest.raises(ConnectionResetError):
            client.socket.recv(1)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", gateway.port))
    assert gateway.control.figures().is_offline
    gateway.control.come_online()
    _until_online(gateway)
    assert _outcome(gateway, message(2)) == "0&"


def test_offline_ends_after_its_seconds(gateway: GatewaySimulator) -> None:
    gateway.control.go_offline(seconds=0.1)
    _until_online(gateway)
    assert _outcome(gateway, message(1)) == "0&"


def _until_online(gateway: GatewaySimulator) -> None:
    deadline = time.monotonic() + 10
    while gateway.control.figures().is_offline:
        assert time.monotonic() < deadline


def test_a_client_that_disconnects_during_a_penalty_does_not_block_its_account(
    start: Start,
) -> None:
    gateway = start(min_interval=60, penalty=0.2)
    log_in(gateway)
    ask(gateway, message(1))
    with RawClient(gateway.port) as client:
        client.post(message(2))
        while gateway.control.figures().too_soon == 0:
            pass
    deadline = time.monotonic() + 10
    while gateway.control.figures().connections["open"]:
        assert time.monotonic() < deadline
    gateway.control.change(min_interval=0.05)
    time.sleep(0.05)
    assert ask(gateway, message(3)).endswith("&RES=0&")


INVALID = [
    ("explode", "explode"),
    ("empty:during", "during"),
    ("empty,colour=red", "colour"),
    ("empty,count", "count"),
    ("empty,count=many", "numbers"),
    ("empty,command=Sing", "Sing"),
    ("empty,p=7", "probability"),
]


@pytest.mark.parametrize(("spec", "part"), INVALID)
def test_an_invalid_fault_is_refused_with_a_message(
    gateway: GatewaySimulator, spec: str, part: str
) -> None:
    with pytest.raises(SimulatorError, match=part):
        gateway.control.set_faults(spec)
    assert _outcome(gateway, message(1)) == "0&"
    assert gateway.control.figures().requests["CLTMSG"] == 1

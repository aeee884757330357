"""The client under gevent: lanes wait side by side, and one that is torn off leaves no debris."""

from __future__ import annotations

import subprocess
import sys
import threading

from tests.qqhttp.raw_gateway import Peer, raw_gateway

LANES = 20

SCRIPT = """
from gevent import monkey
monkey.patch_all()
import sys
import gevent
from qqhttp import CltMsg, GatewayClient

url, lanes = sys.argv[1], int(sys.argv[2])

def lane(number):
    with GatewayClient(url) as client:
        for seq in range(3):
            reply = client.exchange(CltMsg(seq=seq, uin=10000 + number, un=1, mg="hi"))
            assert reply.res == 0

jobs = [gevent.spawn(lane, number) for number in range(lanes)]
gevent.joinall(jobs, raise_error=True)

client = GatewayClient(url)
try:
    with gevent.Timeout(0.2):
        client.exchange(CltMsg(seq=99, uin=9999, un=1, mg="hi"))
except gevent.Timeout:
    print(client.exchange(CltMsg(seq=100, uin=9999, un=1, mg="hi")).res)
"""


def test_lanes_wait_side_by_side_and_a_torn_off_exchange_is_not_mixed_up() -> None:
    everybody = threading.Barrier(LANES)

    def script(peer: Peer) -> None:
        while arrival := peer.request():
            if b"SEQ=99&" in arrival.body:
                continue  # never answered: the lane gives up on it
            if b"UIN=9999&" not in arrival.body:
                # Nobody is answered before all have asked: one after the other would hang.
                everybody.wait(timeout=20)
            peer.answer(arrival, headers="Connection: keep-alive\r\n")

    with raw_gateway(script) as gateway:
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, gateway.url, str(LANES)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert done.returncode == 0, done.stderr
    assert done.stdout == "0\n"
    assert len(gateway.arrivals) == 3 * LANES + 2
    torn_off, next_one = gateway.arrivals[-2:]
    assert torn_off.connection != next_one.connection

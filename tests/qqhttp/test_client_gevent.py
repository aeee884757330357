"""The client under gevent: concurrent exchanges, and an exchange that is interrupted."""

from __future__ import annotations

import subprocess
import sys
import threading

from tests.qqhttp.raw_gateway import Peer, raw_gateway

CLIENTS = 20

SCRIPT = """
from gevent import monkey
monkey.patch_all()
import sys
import gevent
from qqhttp import CltMsg, GatewayClient

url, clients = sys.argv[1], int(sys.argv[2])

def send(number):
    with GatewayClient(url) as client:
        for seq in range(3):
            reply = client.exchange(CltMsg(seq=seq, uin=10000 + number, un=1, mg="hi"))
            assert reply.res == 0

jobs = [gevent.spawn(send, number) for number in range(clients)]
gevent.joinall(jobs, raise_error=True)

client = GatewayClient(url)
try:
    with gevent.Timeout(0.2):
        client.exchange(CltMsg(seq=99, uin=9999, un=1, mg="hi"))
except gevent.Timeout:
    print(client.exchange(CltMsg(seq=100, uin=9999, un=1, mg="hi")).res)
"""


def test_exchanges_are_concurrent_and_an_interrupted_one_leaves_no_reply_behind() -> None:
    all_sent = threading.Barrier(CLIENTS)

    def script(peer: Peer) -> None:
        while request := peer.request():
            if b"SEQ=99&" in request.body:
                continue  # not answered: the client is interrupted
            if b"UIN=9999&" not in request.body:
                # No reply before all clients have sent: sequential exchanges would hang.
                all_sent.wait(timeout=20)
            peer.answer(request, headers="Connection: keep-alive\r\n")

    with raw_gateway(script) as gateway:
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, gateway.url, str(CLIENTS)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert done.returncode == 0, done.stderr
    assert done.stdout == "0\n"
    assert len(gateway.requests) == 3 * CLIENTS + 2
    interrupted, following = gateway.requests[-2:]
    assert interrupted.connection != following.connection

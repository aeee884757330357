"""Measures how many CLTMSG per second the simulator answers on one core, over kept connections.

    .venv/bin/python benchmarks/simulator_rate.py [--messages 100000] [--connections 32]

The simulator runs in a process of its own. `per_core` is the number of messages divided by the CPU
seconds of that process. Each connection has one request in flight, or more with --pipeline.
"""

import argparse
import asyncio
import json
import os
import time
from functools import partial
from pathlib import Path
from typing import cast

from qqhttp.simulator import SimulatorProcess
from qqhttp.simulator.accounts import digest_of
from qqhttp.simulator.population import FIRST_ACCOUNT, FIRST_FRIEND, password_of

TEXT = "%E4%BD%A0%E5%A5%BD%20100%25%20%26%20more%20%3D%20fine%20%2B%20hi%20{number}"


def request(body: str) -> bytes:
    data = body.encode()
    return (
        b"POST / HTTP/1.1\r\nHost: gateway\r\nContent-Type: text/plain; charset=UTF-8\r\n"
        b"Connection: keep-alive\r\nContent-Length: %d\r\n\r\n%b" % (len(data), data)
    )


class Sender(asyncio.Protocol):
    """Sends an account's messages over one connection, each after the reply to the one before."""

    def __init__(self, uin: int, messages: int, pipeline: int, done: asyncio.Future[int]) -> None:
        self.uin, self.left, self.pipeline, self.done = uin, messages, pipeline, done
        self.seq = self.open = self.accepted = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.WriteTransport, transport)
        login = (
            f"VER=1.1&CMD=Login&SEQ=1&UIN={self.uin}&PS={digest_of(password_of(self.uin))}"
            "&M5=1&LC=9326B87B234E7235"
        )
        self.transport.write(request(login))
        self.open = 1

    def data_received(self, data: bytes) -> None:
        self.accepted += data.count(b"&RES=0&")
        self.open -= data.count(b"HTTP/1.1 200")
        if self.left == 0 and self.open == 0:
            self.transport.close()
            self.done.set_result(self.accepted - 1)
            return
        batch = []
        while self.left and self.open < self.pipeline:
            self.seq += 1
            self.left -= 1
            self.open += 1
            un = FIRST_FRIEND + self.uin % 1000 * 1_000_000 + self.seq
            text = TEXT.format(number=self.seq)
            batch.append(
                request(f"VER=1.1&CMD=CLTMSG&SEQ={self.seq}&UIN={self.uin}&UN={un}&MG={text}")
            )
        if batch:
            self.transport.write(b"".join(batch))


async def send(port: int, *, messages: int, connections: int, pipeline: int) -> int:
    loop = asyncio.get_running_loop()
    done = [loop.create_future() for _ in range(connections)]
    for index, future in enumerate(done):
        await loop.create_connection(
            partial(Sender, FIRST_ACCOUNT + index, messages // connections, pipeline, future),
            "127.0.0.1",
            port,
        )
    return sum(await asyncio.gather(*done))


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--pipeline", type=int, default=1)
    given = parser.parse_args()
    with SimulatorProcess(accounts=given.connections, friends=1000) as gateway:
        before, empty = cpu_seconds(gateway.pid), resident_mb(gateway.pid)
        started = time.perf_counter()
        accepted = asyncio.run(
            send(gateway.port, messages=given.messages, connections=given.connections,
                 pipeline=given.pipeline)
        )  # fmt: skip
        seconds = time.perf_counter() - started
        cpu, full = cpu_seconds(gateway.pid) - before, resident_mb(gateway.pid)
        figures = gateway.control.figures()
        check_began = time.perf_counter()
        gateway.control.summary()
        check_seconds = time.perf_counter() - check_began
    result = {
        "accepted": accepted,
        "arrived": figures.arrived,
        "twice": figures.twice,
        "messages_per_second": round(accepted / seconds),
        "per_core": round(accepted / cpu),
        "microseconds_of_cpu": round(cpu / accepted * 1e6, 1),
        "megabytes": round(full - empty, 1),
        "seconds_of_check": round(check_seconds, 2),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()

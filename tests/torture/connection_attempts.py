"""Counts attempts to connect to a port, even a closed one: SYN packets on the loopback."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

ETH_P_ALL, ETHERNET, TCP, SYN, ACK, OUTGOING = 3, 14, 6, 0x02, 0x10, 4


def why_packets_unavailable() -> str:
    """Return why packets cannot be read on this machine; empty if they can."""
    try:
        _packets().close()
    except (OSError, AttributeError) as problem:
        return f"packets cannot be read here: {problem}"
    return ""


@contextmanager
def counting_connection_attempts(port: int) -> Iterator[list[float]]:
    """Yield a list that gets the monotonic time of each attempt to connect to a loopback port."""
    seen: list[float] = []
    is_over = threading.Event()
    with closing(_packets()) as packets:
        packets.settimeout(0.2)

        def read() -> None:
            while not is_over.is_set():
                try:
                    frame, address = packets.recvfrom(2048)
                except TimeoutError:
                    continue
                if address[2] != OUTGOING and _begins_connection(frame[ETHERNET:], port):
                    seen.append(time.monotonic())

        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        try:
            yield seen
        finally:
            is_over.set()
            thread.join(5)


def _packets() -> socket.socket:
    packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    packets.bind(("lo", 0))
    return packets


def _begins_connection(packet: bytes, port: int) -> bool:
    if len(packet) < 40 or packet[9] != TCP:
        return False
    segment = packet[(packet[0] & 15) * 4 :]
    (to,) = struct.unpack_from("!H", segment, 2)
    return bool(to == port and segment[13] & (SYN | ACK) == SYN)

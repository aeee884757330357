"""Objects sent from one of our processes to another over a socket that only they have."""

from __future__ import annotations

import pickle
import socket
import struct
from typing import Any

_LENGTH = struct.Struct("!Q")
_PIECE_BYTES = 1 << 20


def send(sock: socket.socket, what: Any) -> None:
    """Send an object.

    Raises:
        OSError: the other end is closed.
    """
    packed = pickle.dumps(what, protocol=pickle.HIGHEST_PROTOCOL)
    sock.sendall(_LENGTH.pack(len(packed)) + packed)


def receive(sock: socket.socket) -> Any:
    """Wait for an object and return it.

    Raises:
        EOFError: the other end is closed.
        OSError: the other end broke off.
    """
    (length,) = _LENGTH.unpack(_exactly(sock, _LENGTH.size))
    return pickle.loads(_exactly(sock, length))  # noqa: S301 - from our own process


def _exactly(sock: socket.socket, length: int) -> bytearray:
    found = bytearray()
    while len(found) < length:
        piece = sock.recv(min(length - len(found), _PIECE_BYTES))
        if not piece:
            raise EOFError
        found += piece
    return found

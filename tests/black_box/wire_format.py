"""Parses requests and formats replies, in the variants that a `Behaviour` asks for."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from tests.black_box.behaviour import Behaviour
from tests.black_box.traffic import Request

CAPITALS = {"login", "list", "query_stat", "getinfo", "getmsgex", "logout"}
SPELLING = {
    **{name: name.upper() for name in CAPITALS},
    "cltmsg": "CLTMSG",
    "change_stat": "Change_Stat",
    "addtolist": "AddToList",
    "ack_addtolist": "Ack_AddToList",
    "delfromlist": "DelFromList",
}


def reply_to(request: Request, answer: str, behaviour: Behaviour) -> bytes:
    """Return the body of a reply."""
    command = SPELLING.get(request.command, request.text("CMD"))
    if behaviour.command_case == "lower":
        command = command.lower()
    elif behaviour.command_case == "mixed":
        command = "".join(c.upper() if n % 2 else c.lower() for n, c in enumerate(command))
    text = (
        f"VER=1.1&CMD={command}&SEQ={request.text('SEQ')}&UIN={request.text('UIN')}"
        f"&{answer}{behaviour.extra}"
    )
    text = _rearranged(text, order=behaviour.key_order, case=behaviour.key_case)
    return (text + "&" * behaviour.has_trailing_ampersand + behaviour.line_end).encode()


def fields_of(body: bytes) -> dict[str, bytes]:
    """Return the fields of a request, unescaped once; keys in upper case."""
    pairs = (pair.partition(b"=") for pair in body.strip(b"\r\n").split(b"&") if pair)
    return {key.decode("ascii", "replace").upper(): unquote_to_bytes(v) for key, _e, v in pairs}


def raw_value(body: bytes, key: bytes) -> bytes:
    """Return a field's value as it was sent, still escaped; empty if it is missing."""
    return next((v for k, _e, v in (p.partition(b"=") for p in body.split(b"&")) if k == key), b"")


def number_in(text: str) -> int | None:
    """Return the number written in ASCII digits, or None."""
    return int(text) if text.isascii() and text.isdigit() else None


def _rearranged(text: str, *, order: str, case: str) -> str:
    """Return the reply with its keys in another order or case."""
    pairs = text.rstrip("&").split("&") if order == "reversed" else text.split("&")
    if order == "reversed":
        pairs.reverse()
    if case == "lower":
        split = [pair.partition("=") for pair in pairs]
        pairs = [f"{key.lower()}{equals}{value}" for key, equals, value in split]
    return "&".join(pairs)


def bytes_of(reply: bytes) -> list[bytes]:
    """Return a reply as packets of one byte."""
    return [reply[at : at + 1] for at in range(len(reply))]


def halves(body: bytes) -> list[bytes]:
    """Return a body as two chunks, or one if it is short."""
    middle = len(body) // 2
    return [part for part in (body[:middle], body[middle:]) if part]

"""How requests are read and replies are spelt: cut, ordered, cased and ended as manners have it."""

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
    """The body of a reply."""
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
    """The fields of a request, unescaped once."""
    pairs = (pair.partition(b"=") for pair in body.strip(b"\r\n").split(b"&") if pair)
    return {key.decode("ascii", "replace").upper(): unquote_to_bytes(v) for key, _e, v in pairs}


def raw_value(body: bytes, key: bytes) -> bytes:
    """A field as it travelled."""
    return next((v for k, _e, v in (p.partition(b"=") for p in body.split(b"&")) if k == key), b"")


def number_in(text: str) -> int | None:
    """A number in ASCII digits, or None."""
    return int(text) if text.isascii() and text.isdigit() else None


def _rearranged(text: str, *, order: str, case: str) -> str:
    """The same reply with its keys in another order or another case."""
    pairs = text.rstrip("&").split("&") if order == "reversed" else text.split("&")
    if order == "reversed":
        pairs.reverse()
    if case == "lower":
        split = [pair.partition("=") for pair in pairs]
        pairs = [f"{key.lower()}{equals}{value}" for key, equals, value in split]
    return "&".join(pairs)


def bytes_of(reply: bytes) -> list[bytes]:
    """A reply in packets of one byte."""
    return [reply[at : at + 1] for at in range(len(reply))]


def halves(body: bytes) -> list[bytes]:
    """A body in two chunks."""
    middle = len(body) // 2
    return [part for part in (body[:middle], body[middle:]) if part]

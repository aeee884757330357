"""Parses requests and writes replies: `VER=1.1&CMD=List&SEQ=7&UIN=1000001&...`.

It shares no code with the client's codec on purpose: both implement the reference independently,
so that a misreading in one of them makes a test fail.
"""

import re
from binascii import unhexlify
from typing import Final

VERSIONS: Final = frozenset({b"1.0", b"1.1", b"1.2"})
COMMANDS: Final = {
    name.upper().encode(): name
    for name in (
        "Login", "Logout", "List", "Query_Stat", "GetInfo", "AddToList", "Ack_AddToList",
        "DelFromList", "Finger", "Change_Stat", "GetMsgEx", "CLTMSG",
    )
}  # fmt: skip
# Replies to these have CMD in capitals; all others repeat CMD as it was sent.
IN_CAPITALS: Final = frozenset({"Login", "Logout", "List", "Query_Stat", "GetInfo", "GetMsgEx"})

LOWEST_UIN: Final = 10_000  # the reference gives 100 as an illegal UIN
HIGHEST_UIN: Final = 4_294_967_295
_MAX_DIGITS: Final = 18

_ESCAPED_RUNS = re.compile(rb"((?:%[0-9A-Fa-f]{2})+)")
_SINGLE = {form % byte: bytes([byte]) for byte in range(256) for form in (b"%%%02X", b"%%%02x")}
# Separators of fields, values and list items, and control characters.
_TO_ESCAPE = re.compile(r"[\x00-\x1f\x7f%&=,]")


def unescape(value: bytes, *, is_form: bool) -> bytes:
    """Return `value` percent-decoded; a `%` that starts no escape stays a `%`.

    With `is_form` a `+` is a space; in text/plain it is a plus sign.
    """
    if is_form and b"+" in value:
        value = value.replace(b"+", b" ")
    if b"%" not in value:
        return value
    # The parts alternate between plain text and runs of escapes. A run is decoded in one call
    # because every message passes through here.
    parts = _ESCAPED_RUNS.split(value)
    parts[1::2] = [_SINGLE.get(run) or unhexlify(run.replace(b"%", b"")) for run in parts[1::2]]
    return b"".join(parts)


def _escape_character(match: re.Match[str]) -> str:
    # The reference shows a comma in PR escaped twice (reference 6): `%252c`.
    return "%252c" if match[0] == "," else f"%{ord(match[0]):02x}"


def escape(value: str) -> str:
    """Return a reply's value as the old gateway wrote it: raw UTF-8 with few escapes.

    A comma becomes `%252c` and a line end `%0d%0a`. Control characters, `%`, `&` and `=` become
    one escape in lowercase hex. Everything else, spaces and `+` included, stays as it is.
    """
    return _TO_ESCAPE.sub(_escape_character, value)


def escape_list(values: list[str]) -> str:
    """Return a list as in a reply: each item escaped and followed by a comma."""
    return "".join(f"{escape(value)}," for value in values)


def is_legal_uin(uin: int) -> bool:
    """Return whether a number can be a UIN. If not, the reply is RES=5 (reference (1))."""
    return LOWEST_UIN <= uin <= HIGHEST_UIN


class GatewayRequest:
    """One request. Its fields are decoded on access, because most commands need only a few.

    Attributes:
        command: the command's name as in `COMMANDS`.
        spelled: CMD as it was sent.
        seq: SEQ as it was sent.
        uin: UIN.
        fields: all fields, still escaped.
        is_form: whether the body is form-encoded, so that `+` is a space.
    """

    __slots__ = ("command", "fields", "is_form", "seq", "spelled", "uin")

    def __init__(
        self, command: str, spelled: bytes, seq: bytes, uin: int,
        fields: dict[bytes, bytes], is_form: bool,
    ) -> None:  # fmt: skip
        self.command = command
        self.spelled = spelled
        self.seq = seq
        self.uin = uin
        self.fields = fields
        self.is_form = is_form

    def __repr__(self) -> str:
        # Without the fields: PS and MG must not appear in a log.
        return f"<GatewayRequest {self.command} uin={self.uin}>"

    def number(self, key: bytes) -> int | None:
        """Return a field as a number, or None if it is missing or not a number."""
        raw = self.fields.get(key)
        return None if raw is None else _number(raw)

    def text(self, key: bytes) -> str | None:
        """Return a field as text: "" if it is missing, None if it is not UTF-8."""
        try:
            return unescape(self.fields.get(key, b""), is_form=self.is_form).decode("utf-8")
        except UnicodeDecodeError:
            return None

    def reply(self, tail: str) -> bytes:
        """Return the body of a reply: VER, CMD, SEQ, UIN and `RES=`, followed by `tail`."""
        name = self.command.upper().encode() if self.command in IN_CAPITALS else self.spelled
        return b"VER=1.1&CMD=%b&SEQ=%b&UIN=%d&RES=%b" % (name, self.seq, self.uin, tail.encode())


def _number(raw: bytes) -> int | None:
    if not raw.isdigit():
        raw = unescape(raw, is_form=False).strip()
        if not raw.isdigit():
            return None
    # A number too large for a UIN is an illegal UIN (RES=5), not a malformed request.
    return int(raw) if len(raw) <= _MAX_DIGITS else HIGHEST_UIN + 1


def parse_request(body: bytes, *, is_form: bool) -> GatewayRequest | None:
    """Return the request in `body`, or None if it is malformed, which is answered NULL.

    Malformed (reference 2): VER or CMD is unknown, SEQ is missing or UIN is not a number.
    """
    items = [item.split(b"=", 1) for item in body.split(b"&")]
    try:
        fields = dict(items)
    except ValueError:
        # A part without `=` is not a field: an unescaped `&` in MG cuts the text.
        fields = dict([item for item in items if len(item) == 2])
    if fields.get(b"VER", b"").strip() not in VERSIONS:
        return None
    spelled = fields.get(b"CMD", b"").strip()
    command = COMMANDS.get(spelled) or COMMANDS.get(spelled.upper())
    seq = fields.get(b"SEQ", b"").strip()
    uin = _number(fields.get(b"UIN", b""))
    if command is None or not seq or uin is None:
        return None
    return GatewayRequest(command, spelled, seq, uin, fields, is_form)

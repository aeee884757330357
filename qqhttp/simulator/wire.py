"""The fields of a request and of a reply: `VER=1.1&CMD=List&SEQ=7&UIN=1000001&...`.

This is a second reading of the reference, independent of the client's codec on purpose: a
misunderstanding that both shared would hide in every test.
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
# Replies to these spell CMD in capitals; the others repeat it as it was sent.
IN_CAPITALS: Final = frozenset({"Login", "Logout", "List", "Query_Stat", "GetInfo", "GetMsgEx"})

LOWEST_UIN: Final = 10_000  # the reference's example of an illegal one is 100
HIGHEST_UIN: Final = 4_294_967_295
_MAX_DIGITS: Final = 18

_ESCAPED_RUNS = re.compile(rb"((?:%[0-9A-Fa-f]{2})+)")
_SINGLE = {form % byte: bytes([byte]) for byte in range(256) for form in (b"%%%02X", b"%%%02x")}
# What would end a field, a value or a list item, or is a control character.
_TO_ESCAPE = re.compile(r"[\x00-\x1f\x7f%&=,]")


def unescape(value: bytes, *, is_form: bool) -> bytes:
    """Return `value` percent-decoded; a `%` that starts no escape stays a `%`.

    `+` is a space only in a form-encoded body; in text/plain it is a plus.
    """
    if is_form and b"+" in value:
        value = value.replace(b"+", b" ")
    if b"%" not in value:
        return value
    # Text and runs of escapes by turns. A run is decoded at once: this is the hot path.
    parts = _ESCAPED_RUNS.split(value)
    parts[1::2] = [_SINGLE.get(run) or unhexlify(run.replace(b"%", b"")) for run in parts[1::2]]
    return b"".join(parts)


def _escape_character(match: re.Match[str]) -> str:
    # A comma is escaped twice, as the reference shows it in PR (reference 6): `%252c`.
    return "%252c" if match[0] == "," else f"%{ord(match[0]):02x}"


def escape(value: str) -> str:
    """Return a reply's value as the old gateway wrote it: raw UTF-8, few escapes, lowercase hex.

    A comma becomes `%252c`, a line end `%0d%0a`, `%`, `&` and `=` one escape each; spaces, `+`
    and everything else stay as they are.
    """
    return _TO_ESCAPE.sub(_escape_character, value)


def escape_list(values: list[str]) -> str:
    """Return list values as replies carry them: each escaped and each followed by a comma."""
    return "".join(f"{escape(value)}," for value in values)


def is_legal_uin(uin: int) -> bool:
    """Whether a number can be a UIN at all; if not, the answer is RES=5 (reference (1))."""
    return LOWEST_UIN <= uin <= HIGHEST_UIN


class Call:
    """One request, its fields still raw: what a command does not need is never decoded."""

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
        # No field: PS and MG are nobody's to see in a log.
        return f"<Call {self.command} uin={self.uin}>"

    def number(self, key: bytes) -> int | None:
        """Return a field's number, or None where it is absent or no number."""
        raw = self.fields.get(key)
        return None if raw is None else _number(raw)

    def text(self, key: bytes) -> str | None:
        """Return a field's text, "" where it is absent, None where it is not UTF-8."""
        try:
            return unescape(self.fields.get(key, b""), is_form=self.is_form).decode("utf-8")
        except UnicodeDecodeError:
            return None

    def reply(self, tail: str) -> bytes:
        """Return the reply's body: VER, CMD, SEQ and UIN, then `RES=` with `tail` behind it."""
        name = self.command.upper().encode() if self.command in IN_CAPITALS else self.spelled
        return b"VER=1.1&CMD=%b&SEQ=%b&UIN=%d&RES=%b" % (name, self.seq, self.uin, tail.encode())


def _number(raw: bytes) -> int | None:
    if not raw.isdigit():
        raw = unescape(raw, is_form=False).strip()
        if not raw.isdigit():
            return None
    # A number beyond every UIN is still a number: illegal, and not malformed.
    return int(raw) if len(raw) <= _MAX_DIGITS else HIGHEST_UIN + 1


def parse_call(body: bytes, *, is_form: bool) -> Call | None:
    """Return the request that `body` carries, or None where the gateway answers NULL.

    NULL (reference 2): VER is unknown, CMD is unknown, SEQ is absent or UIN is no number.
    """
    items = [item.split(b"=", 1) for item in body.split(b"&")]
    try:
        fields = dict(items)
    except ValueError:
        # What stands between two `&` without a `=` is no field (a raw `&` in MG cuts the text).
        fields = dict([item for item in items if len(item) == 2])
    if fields.get(b"VER", b"").strip() not in VERSIONS:
        return None
    spelled = fields.get(b"CMD", b"").strip()
    command = COMMANDS.get(spelled) or COMMANDS.get(spelled.upper())
    seq = fields.get(b"SEQ", b"").strip()
    uin = _number(fields.get(b"UIN", b""))
    if command is None or not seq or uin is None:
        return None
    return Call(command, spelled, seq, uin, fields, is_form)

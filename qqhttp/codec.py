"""Encodes and parses the body of requests and replies: ``KEY=value&KEY=value``.

Values are percent-encoded UTF-8. Three rules are easy to get wrong (reference, GetInfo and
GetMsgEx; docs/protocol.md):

* A list is split at unescaped commas first, and its items are unescaped afterwards. A comma at the
  end closes the list.
* A comma inside an item is escaped twice: ``%252c``.
* ``+`` is a plus sign, never a space.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import unquote

from qqhttp.errors import MalformedReply
from qqhttp.translatable import Translatable as _

#: What is percent-encoded, in runs: all but the letters, digits and marks that RFC 3986 leaves.
#: Spaces are replaced afterwards, because in many texts each would be a run.
_UNSAFE = re.compile(r"[^A-Za-z0-9_.~ -]+")
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_MOST_DIGITS = 18
_INTEGER = re.compile(rf"-?[0-9]{{1,{_MOST_DIGITS}}}")


class Fields(Mapping[str, str]):
    """The fields of one body in their order, unknown ones included. Keys are in capitals.

    ``fields["NK"]`` is the value unescaped once, exactly as it was encoded. Use :meth:`text` for a
    text in which the gateway escapes commas twice, and :meth:`items_of` for a list. If a key
    occurs twice, the first one counts: RES comes before any text that a person wrote, so a forged
    ``&RES=0`` in a text cannot replace it.
    """

    __slots__ = ("_raw",)

    def __init__(self, raw: dict[str, str]) -> None:
        self._raw = raw

    def __getitem__(self, key: str) -> str:
        return _unescape(self._raw[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._raw)

    def __len__(self) -> int:
        return len(self._raw)

    def __repr__(self) -> str:
        # Only the keys: a value may be a password digest or a message's text.
        return f"Fields({', '.join(self._raw)})"

    def raw(self, key: str) -> str:
        """Return the value without unescaping; empty if the key is missing."""
        return self._raw.get(key, "")

    def text(self, key: str) -> str:
        """Return a text, unescaped once, and its commas twice; empty if the key is missing."""
        return unescape_text(self._raw.get(key, ""))

    def items_of(self, key: str) -> tuple[str, ...]:
        """Return the items of a list, each unescaped like :meth:`text`.

        An empty part after the last comma is not an item: that comma closes the list.
        """
        items = self._raw.get(key, "").split(",")
        if not items[-1].strip():
            items.pop()
        return tuple(map(unescape_text, items))

    def integer(self, key: str) -> int | None:
        """Return a number, or None if the field is missing or empty.

        Raises:
            MalformedReply: the value is not a number.
        """
        value = self._raw.get(key, "").strip()
        if not value:
            return None
        return to_integer(value, key)

    def lenient_integer(self, key: str) -> int | None:
        """Return a number of an unimportant field, or None if it is missing or malformed."""
        return optional_integer(self._raw.get(key, ""))

    def integers_of(self, key: str) -> tuple[int, ...]:
        """Return a list of numbers.

        Raises:
            MalformedReply: an item is not a number.
        """
        return tuple(to_integer(item, key) for item in self.items_of(key))


def encode(fields: Mapping[str, str | int] | Sequence[tuple[str, str]]) -> bytes:
    """Return a body: UTF-8, percent-encoded, a space as ``%20``.

    Args:
        fields: keys and values in the order of the body.

    Raises:
        ValueError: a key is malformed, or a value has half of a surrogate pair, which UTF-8 cannot
            encode. (The gateway answers NULL to bytes that are not UTF-8.)
    """
    pairs = fields.items() if isinstance(fields, Mapping) else fields
    return "&".join([f"{_checked_key(key)}={escape(value, key)}" for key, value in pairs]).encode(
        "ascii"
    )


def escape(value: str | int, key: str) -> str:
    """Return one value percent-encoded. `key` is for the error message.

    Raises:
        ValueError: the value has half of a surrogate pair.
    """
    if isinstance(value, int):
        return str(int(value))
    position = -1
    try:
        return _UNSAFE.sub(_quoted, value).replace(" ", "%20")
    except UnicodeEncodeError:
        position = next(at for at, one in enumerate(value) if "\ud800" <= one <= "\udfff")
    # Raised here, outside `except`: the encoding error contains the whole text and must not become
    # the context of this one.
    raise ValueError(f"The value of {key} has a broken character at position {position}.")


def parse(body: bytes) -> Fields:
    """Return the fields of a body.

    Bytes that are not UTF-8 become replacement characters, so that one broken nickname does not
    make the whole reply unreadable.

    Raises:
        MalformedReply: the body has no field. No other error is raised, for any bytes.
    """
    text = body.decode("utf-8", "replace").strip("\ufeff\r\n\0")
    raw: dict[str, str] = {}
    has_value = False
    for pair in text.split("&"):
        key, equals, value = pair.partition("=")
        key = key.strip().upper()
        if key:
            has_value = has_value or bool(equals)
            raw.setdefault(key, value)
    if not has_value:
        raise MalformedReply(_("it holds no field"))
    return Fields(raw)


def unescape_text(raw: str) -> str:
    """Return a text or list item unescaped once, and its commas twice.

    The second pass replaces only ``%2c``, because the reference shows only commas escaped twice.
    Unescaping everything twice would turn a literal ``100%20`` into ``100`` and a space.
    """
    text = _unescape(raw)
    return text.replace("%2c", ",").replace("%2C", ",") if "%" in text else text


def to_integer(value: str, key: str) -> int:
    """Return a decimal number. Unlike :func:`int` it accepts only ASCII digits.

    Raises:
        MalformedReply: the value is not a number. The message does not quote it.
    """
    value = value.strip()
    if value.isascii() and value.isdigit() and len(value) <= _MOST_DIGITS:
        return int(value)
    if _INTEGER.fullmatch(value) is None:
        raise MalformedReply(_("%(key)s is not a number") % {"key": key})
    return int(value)


def optional_integer(item: str) -> int | None:
    """Return a decimal number, or None if it is not one."""
    item = item.strip()
    return int(item) if _INTEGER.fullmatch(item) else None


def aligned(items: tuple[str, ...], length: int) -> tuple[str, ...]:
    """Return `length` items: padded with empty ones if too few, all empty if too many.

    With too many items (an unescaped comma in a nickname) it is not known which belongs to whom.
    """
    if len(items) > length:
        return ("",) * length
    return items + ("",) * (length - len(items))


def _quoted(run: re.Match[str]) -> str:
    """Percent-encode a run of characters; `urllib.parse.quote` takes each byte by itself."""
    return "%" + run[0].encode().hex("%").upper()


def _checked_key(key: str) -> str:
    if _KEY.fullmatch(key) is None:
        raise ValueError("A field's name consists of letters, digits and underscores.")
    return key


def _unescape(raw: str) -> str:
    """Percent-decode once; ``+`` stays a plus, bytes that are not UTF-8 are replaced."""
    return unquote(raw) if "%" in raw else raw

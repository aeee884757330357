"""The body of a request or a reply: ``KEY=value&KEY=value``, percent-encoded UTF-8.

The three rules a careless codec breaks (reference, GetInfo and GetMsgEx; docs/protocol.md):

* a list is split on the raw ``,`` first and unescaped after; its last ``,`` ends the list;
* a comma inside a value travels as ``%252c``: escaped once as a comma, once as everything is;
* ``+`` is a plus sign, never a space.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote, unquote

from qqhttp.errors import MalformedReply
from qqhttp.translatable import Translatable as _

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_INTEGER = re.compile(r"-?[0-9]{1,18}")


class Fields(Mapping[str, str]):
    """The fields of one body: ordered, unknown ones kept, keys in capitals.

    ``fields["NK"]`` is the value unescaped once, which gives back exactly what was encoded. A
    text in which the gateway escapes commas a second time is read with :meth:`text`, a list with
    :meth:`items_of`. Where a key comes twice the first one counts: RES stands before any text
    that another person wrote, so a forged ``&RES=0`` in a text cannot replace it.
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
        # Values may be a password's digest or somebody's message: only the names are shown.
        return f"Fields({', '.join(self._raw)})"

    def raw(self, key: str) -> str:
        """Return the value as it travelled, still escaped; empty if the key is missing."""
        return self._raw.get(key, "")

    def text(self, key: str) -> str:
        """Return a free text: unescaped once, and once more where a comma was escaped."""
        return unescape_text(self._raw.get(key, ""))

    def items_of(self, key: str) -> tuple[str, ...]:
        """Return a list's items: split on the raw comma, then unescaped as :meth:`text` is.

        A last item that is empty is the list's closing comma, not an item.
        """
        items = self._raw.get(key, "").split(",")
        if not items[-1].strip():
            items.pop()
        return tuple(map(unescape_text, items))

    def integer(self, key: str) -> int | None:
        """Return a number, or None if the field is missing or empty.

        Raises:
            MalformedReply: it holds something else.
        """
        value = self._raw.get(key, "").strip()
        if not value:
            return None
        return to_integer(value, key)

    def lenient_integer(self, key: str) -> int | None:
        """Return a number, or None where it is missing or odd: for what nothing depends on."""
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
        fields: keys and values in the order in which they are to travel.

    Raises:
        ValueError: a key is not a word, or a value holds half of a surrogate pair, which UTF-8
            cannot carry (the gateway answers bytes that are not UTF-8 with NULL).
    """
    pairs = fields.items() if isinstance(fields, Mapping) else fields
    return "&".join([f"{_checked_key(key)}={escape(value, key)}" for key, value in pairs]).encode(
        "ascii"
    )


def escape(value: str | int, key: str) -> str:
    """Return one value percent-encoded; `key` is only for the error's sentence."""
    if isinstance(value, int):
        return str(int(value))
    position = -1
    try:
        return quote(value, safe="")
    except UnicodeEncodeError as error:
        position = error.start
    # Raised out here because the encoding error holds the whole text, and would be its context.
    raise ValueError(f"The value of {key} has a broken character at position {position}.")


def parse(body: bytes) -> Fields:
    """Return the fields of a body.

    Bytes that are not UTF-8 become replacement characters: one broken nickname must not hide the
    other messages of a poll.

    Raises:
        MalformedReply: there is no field in it. Nothing else is raised, for any bytes.
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
    """Return a raw text or list item unescaped: once, then its inner commas.

    The second pass touches only ``%2c``, the one thing the reference shows escaped twice.
    Unescaping everything twice would turn somebody's literal ``100%20`` into a space.
    """
    text = _unescape(raw)
    return text.replace("%2c", ",").replace("%2C", ",") if "%" in text else text


def to_integer(value: str, key: str) -> int:
    """Return a decimal number; ASCII digits alone, unlike :func:`int`.

    Raises:
        MalformedReply: it is something else, which the sentence does not quote.
    """
    value = value.strip()
    if _INTEGER.fullmatch(value) is None:
        raise MalformedReply(_("%(key)s is not a number") % {"key": key})
    return int(value)


def optional_integer(item: str) -> int | None:
    """Return a decimal number, or None for anything else."""
    item = item.strip()
    return int(item) if _INTEGER.fullmatch(item) else None


def aligned(items: tuple[str, ...], length: int) -> tuple[str, ...]:
    """Return `length` items: empty at the end if too few came, all empty if too many did.

    With one too many (a raw comma in a nickname) it is lost whose is whose.
    """
    if len(items) > length:
        return ("",) * length
    return items + ("",) * (length - len(items))


def _checked_key(key: str) -> str:
    if _KEY.fullmatch(key) is None:
        raise ValueError("A field's name is a word of letters, digits and underscores.")
    return key


def _unescape(raw: str) -> str:
    """Percent-decode once; a ``+`` stays a plus, bytes that are not UTF-8 are replaced."""
    return unquote(raw) if "%" in raw else raw

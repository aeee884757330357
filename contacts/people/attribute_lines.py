"""A person's attributes as lines of "name: value", for reading and editing in a form."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from contacts.models import LONGEST_ATTRIBUTE_NAME
from contacts.typed_values.characters import LONGEST_ATTRIBUTE
from foundation.names import blank_if_invisible
from foundation.refusals import Refusal

#: An ASCII colon, or the wide one of Chinese keyboards.
_COLON = re.compile("[:：]")
#: The beginning of a line that continues the value above it.
_INDENT = "  "


def lines_of(attributes: Mapping[str, Any]) -> str:
    """Return attributes as text, one per line; further lines of a value are indented."""
    return "\n".join(_entry(name, value) for name, value in _known(attributes).items())


def attributes_of(
    text: str, *, before: Mapping[str, Any], stored_name: Callable[[str], str] = str
) -> dict[str, Any]:
    """Return the attributes in lines of "name: value".

    An unchanged line keeps the value before, so a number stays a number. A changed one is text. A
    line without a value removes the attribute, as a missing line does.

    Args:
        text: the operator's text.
        before: the attributes from which `lines_of` made the original text.
        stored_name: a function that returns the name under which a new one is stored, or raises
            Refusal.

    Raises:
        Refusal: a line cannot be read; the sentence gives its number.
    """
    untouched = {_entry(name, value): (name, value) for name, value in _known(before).items()}
    found: dict[str, Any] = {}
    for number, entry in _entries(text):
        name, value = untouched.get(entry) or _changed(number, entry, before, stored_name)
        if name in found:
            raise _refusal(number, _("“%(name)s” occurs twice.") % {"name": name})
        found[name] = value
    return {name: value for name, value in found.items() if value != ""}


def _changed(
    number: int, entry: str, before: Mapping[str, Any], stored_name: Callable[[str], str]
) -> tuple[str, str]:
    """Return the name, as it is stored, and the value of a new or changed line."""
    name, value = _pair(number, entry)
    if name in before:
        return name, value
    try:
        return stored_name(name), value
    except Refusal as refusal:
        raise _refusal(number, refusal.sentence) from None


def _known(attributes: Any) -> Mapping[str, Any]:
    return attributes if isinstance(attributes, Mapping) else {}


def _entry(name: str, value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    first, *further = f"{name}: {text}".replace("\r\n", "\n").split("\n")
    return "\n".join([first.strip(), *((_INDENT + line).rstrip() for line in further)]).rstrip()


def _entries(text: str) -> list[tuple[int, str]]:
    """Return (line number, text) of each attribute, with its further lines."""
    entries: list[tuple[int, list[str]]] = []
    empty = 0
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        if not line.strip():
            empty += 1
            continue
        if line.startswith(_INDENT) and entries:
            entries[-1][1].extend([*[""] * empty, line.rstrip()])
        else:
            entries.append((number, [line.strip()]))
        empty = 0
    return [(number, "\n".join(lines)) for number, lines in entries]


def _pair(number: int, entry: str) -> tuple[str, str]:
    colon = _COLON.search(entry)
    if colon is None:
        raise _refusal(
            number, _("a colon is missing. Write a name, a colon and a value, like “city: 北京”.")
        )
    name = entry[: colon.start()].strip()
    value = entry[colon.end() :].replace("\n" + _INDENT, "\n").strip()
    value = blank_if_invisible(value)
    if not name:
        raise _refusal(number, _("the name before the colon is missing."))
    if len(name) > LONGEST_ATTRIBUTE_NAME or "\n" in name:
        raise _refusal(
            number,
            _("the name is too long, at most %(most)d characters.")
            % {"most": LONGEST_ATTRIBUTE_NAME},
        )
    if len(value) > LONGEST_ATTRIBUTE:
        raise _refusal(
            number,
            _("the value is too long, at most %(most)d characters.") % {"most": LONGEST_ATTRIBUTE},
        )
    return name, value


def _refusal(number: int, why: str) -> Refusal:
    return Refusal(
        _("Line %(line)d: %(why)s") % {"line": number, "why": why},
        code="bad_attribute_line",
        line=number,
    )

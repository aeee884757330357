"""A person's attributes as lines of "name: value": how people read them, and write them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from contacts.people.attributes import LONGEST_ATTRIBUTE
from foundation.refusals import Refusal

#: As long as a name may be that templates and segments ask for.
LONGEST_NAME = 100
#: Chinese keyboards write the wide colon.
_COLON = re.compile("[:：]")
#: What begins a further line of the value above it.
_INDENT = "  "


def lines_of(attributes: Mapping[str, Any]) -> str:
    """Return attributes as text, one a line; a value's further lines are indented."""
    return "\n".join(_entry(name, value) for name, value in _known(attributes).items())


def attributes_of(text: str, *, before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes that lines of "name: value" say.

    A line left as it was keeps what it stood for, a number stays a number. A line without a value
    takes the attribute away, as leaving the line out does.

    Args:
        text: what the operator wrote.
        before: the attributes that the lines were made of.

    Raises:
        Refusal: a line is none; the sentence names it.
    """
    untouched = {_entry(name, value): (name, value) for name, value in _known(before).items()}
    found: dict[str, Any] = {}
    for number, entry in _entries(text):
        name, value = untouched.get(entry) or _pair(number, entry)
        if name in found:
            raise _refusal(number, _("“%(name)s” is there already.") % {"name": name})
        found[name] = value
    return {name: value for name, value in found.items() if value != ""}


def _known(attributes: Any) -> Mapping[str, Any]:
    return attributes if isinstance(attributes, Mapping) else {}


def _entry(name: str, value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    first, *further = f"{name}: {text}".replace("\r\n", "\n").split("\n")
    return "\n".join([first.strip(), *((_INDENT + line).rstrip() for line in further)]).rstrip()


def _entries(text: str) -> list[tuple[int, str]]:
    """Return (line, text) for each attribute, its further lines with it."""
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
    if not name:
        raise _refusal(number, _("the name before the colon is missing."))
    if len(name) > LONGEST_NAME or "\n" in name:
        raise _refusal(
            number, _("the name is too long, at most %(most)d characters.") % {"most": LONGEST_NAME}
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

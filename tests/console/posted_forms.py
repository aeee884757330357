"""What the forms of a page would post: their fields with the values that they show."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html.parser import HTMLParser
from itertools import product
from typing import Any

from django.urls import URLResolver, get_resolver

#: The first part of the addresses of models.
APPS = {"accounts", "campaigns", "contacts", "conversations", "labels", "sending"}
VERBS_OF_THE_INBOX = ("answer", "assign", "close", "labels", "note", "read", "reopen", "unread")
#: What the parts of addresses are filled with, beside keys.
PARTS = {
    "verb": ("start", "cancel", "approve", "end", "nonsense", *VERBS_OF_THE_INBOX),
    "step": ("who", "what", "senders", "when", "check", "nonsense"),
    "canned_id": ("1", "99999999999999999999"),
    "verdict": ("arrived", "again", "nonsense"),
    "group": ("recipients", "nonsense"),
    "format": ("csv", "nonsense"),
    "number": ("1", "99999999999999999999"),
    "task_id": ("1", "99999999999999999999"),
    "name": ("nonsense",),
}
#: A part of a route: `<int:object_id>` or, in the routes of histories, `([^/]+)`.
PART = re.compile(r"<(?:\w+:)?(\w+)>|\(\[\^/\]\+\)")


class FormReader(HTMLParser):
    """Reads the fields of a page: `values` by name, and the names of its `files`."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, Any] = {}
        self.files: set[str] = set()
        self._field, self._text = "", ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a field, or the chosen option of one."""
        found = dict(attrs)
        name, value = found.get("name") or "", found.get("value") or ""
        if tag == "option":
            if "selected" in found and self._field:
                self.values[self._field].append(value)
        elif tag in ("select", "textarea") and name:
            self._field, self._text = name, ""
            self.values.setdefault(name, [])
        elif tag == "input" and name:
            self._input(name, value, found)

    def handle_data(self, data: str) -> None:
        """Note the text of a textarea."""
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        """End a field."""
        if tag == "textarea" and self._field:
            self.values[self._field].append(self._text.strip())
        if tag in ("select", "textarea"):
            self._field = ""

    def _input(self, name: str, value: str, found: dict[str, str | None]) -> None:
        kind = found.get("type")
        if kind == "file":
            self.files.add(name)
        elif kind not in ("submit", "button") and (kind != "checkbox" or "checked" in found):
            self.values.setdefault(name, []).append(value)


def addresses(keys: Mapping[str, Sequence[object]]) -> Iterator[str]:
    """Yield every address of the admin pages of models.

    Args:
        keys: the keys of rows by `app/model`, as addresses begin.
    """
    for route in sorted(set(_routes())):
        plain = route.replace("^", "").replace("$", "")
        parts = [found[1] for found in PART.finditer(plain)]
        template = PART.sub("{}", plain)
        model = "/".join(plain.split("/")[:2])
        known = keys.get(model, ())
        choices = [
            known if name in ("object_id", None) else PARTS[name] for name in parts
        ]  # fmt: skip
        if plain.count("/") > 1:
            yield from (f"/{template.format(*values)}" for values in product(*choices))


def _routes() -> Iterator[str]:
    waiting: list[tuple[str, URLResolver]] = [("", get_resolver())]
    while waiting:
        prefix, resolver = waiting.pop()
        for one in resolver.url_patterns:
            route = f"{prefix}{one.pattern}"
            if isinstance(one, URLResolver):
                waiting.append((route, one))
            elif route.split("/")[0] in APPS:
                yield route

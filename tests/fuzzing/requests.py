"""Makes hostile requests: addresses, questions in them, forms, bodies and headers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLResolver, get_resolver

from tests.fuzzing.values import (
    CHARSETS,
    CONTENT_TYPES,
    LOOKUPS,
    any_value,
    any_values,
    mutated,
)

#: A part of a route.
PART = re.compile(r"<(?:\w+:)?(\w+)>|\((?:\?P<(\w+)>)?\[\^/\]\+\)|\(\?P<(\w+)>[^)]*\)")
#: Names that pages of ours and of Django read from an address.
PARAMETERS = (
    "q", "p", "o", "e", "all", "page", "run", "uin", "to", "with", "c", "of", "about", "next",
    "_facets", "_popup", "_to_field", "_changelist_filters", "app_label", "model_name",
    "field_name", "term", "action", "list", "group", "by", "language", "date_hierarchy",
)  # fmt: skip
VERBS = (
    "start", "cancel", "pause", "resume", "approve", "reject", "end", "retry", "lift", "suppress",
    "erase", "answer", "assign", "close", "labels", "note", "read", "reopen", "unread", "csv",
    "json", "xlsx", "recipients", "arrived", "again", "login", "enable", "undo",
)  # fmt: skip


@dataclass(frozen=True)
class Request:
    """A request to send; `shown` describes it in a finding."""

    method: str
    address: str
    data: Any = None
    content_type: str = ""
    headers: dict[str, Any] = field(default_factory=dict)
    #: The fields whose values are hostile.
    names: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """The request in one line."""
        data = self.data
        if isinstance(data, dict):
            data = {name: data[name] for name in self.names if name in data}
        parts = (self.method, self.address[:300], self.content_type[:60], repr(data)[:600])
        return " ".join(part for part in parts if part)


def routes() -> list[str]:
    """Return the routes of every address."""
    found: list[str] = []
    waiting: list[tuple[str, URLResolver]] = [("", get_resolver())]
    while waiting:
        prefix, resolver = waiting.pop()
        for one in resolver.url_patterns:
            route = f"{prefix}{one.pattern}".replace("^", "").replace("$", "").replace("\\Z", "")
            if isinstance(one, URLResolver):
                waiting.append((route, one))
            else:
                found.append(route)
    return sorted(set(found))


class RequestMaker:
    """Makes requests at random, from a seed.

    Args:
        random: the source of chance.
        keys: keys of rows by `app/model`.
    """

    def __init__(self, random: Random, keys: Mapping[str, Sequence[Any]]) -> None:
        self.random, self.keys = random, keys
        self.routes = routes()
        self.lists = [
            f"{model._meta.app_label}/{model._meta.model_name}/" for model in admin.site._registry
        ]
        self.filters = {
            f"{model._meta.app_label}/{model._meta.model_name}/": _names(model)
            for model in admin.site._registry
        }

    def address(self) -> str:
        """Return an address, with real and hostile parts, without its question."""
        random = self.random
        route = random.choice(self.routes)
        keys = self.keys.get("/".join(route.split("/")[:2]), ())
        is_real = random.random() < 0.7

        def part(found: re.Match[str]) -> str:
            name = found[1] or found[2] or found[3] or "object_id"
            if is_real or random.random() < 0.5:
                if "id" in name and keys:
                    return str(random.choice(keys))
                return str(random.choice(VERBS))
            return quote(any_value(random)[:2_000].encode("utf-8", "surrogatepass"), safe="")

        return "/" + PART.sub(part, route).replace("(", "").replace(")", "").replace("?", "")

    def question(self, address: str) -> str:
        """Return the question of an address: known names and lookups with hostile values."""
        random = self.random
        names = list(PARAMETERS)
        own = self.filters.get("/".join(address.split("/")[1:3]) + "/", ())
        for name in own:
            names += [name, f"{name}__exact", f"{name}__{random.choice(LOOKUPS)}", f"{name}__gte"]
        chosen = random.sample(names, k=random.randint(1, 4))
        pairs = [
            (name, value.encode("utf-8", "surrogatepass"))
            for name in chosen
            for value in any_values(random)[:50]
        ]
        return urlencode([(name, value[:3_000]) for name, value in pairs])

    def look(self) -> Request:
        """Return a request for a page, often a list or an export with filters."""
        random = self.random
        address = self.address()
        if random.random() < 0.5:
            last = random.choice(["", "", "export/", "export/xlsx/", "live/"])
            address = f"/{random.choice(self.lists)}{last}"
        question = self.question(address) if random.random() < 0.85 else ""
        return Request("get", f"{address}?{question}" if question else address, headers=self.head())

    def post(self, address: str, values: dict[str, Any], files: set[str]) -> Request:
        """Return a posted form of a page, with some hostile fields."""
        random = self.random
        data = mutated(random, values)
        if random.random() < 0.2:
            data["action"] = [random.choice([*VERBS, "delete_selected", any_value(random)[:50]])]
            data["_selected_action"] = any_values(random)
            data["select_across"] = [random.choice(["0", "1", "²"])]
        for name in files:
            if random.random() < 0.7:
                content = any_value(random).encode("utf-8", "surrogatepass")
                data[name] = SimpleUploadedFile(any_value(random)[:100] or "x.csv", content)
        names = tuple(name for name in data if data[name] is not values.get(name))
        return Request("post", address, data, headers=self.head(), names=names)

    def nonsense(self) -> Request:
        """Return a body that is no form, or a method that no page has."""
        random = self.random
        address = self.address()
        body = any_value(random).encode("utf-8", "surrogatepass")
        kind = random.choice(CONTENT_TYPES)
        if random.random() < 0.4:
            kind = f"application/x-www-form-urlencoded; charset={random.choice(CHARSETS)}"
            if random.random() < 0.5:
                kind = f"multipart/form-data; boundary=x; charset={random.choice(CHARSETS)}"
            body = f"name={quote(body[:2_000])}&text=%ff%fe&action=xn--".encode()
            if kind.startswith("multipart"):
                named = b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\n'
                body = named + body + b"\xff\xfexn--\r\n--x--\r\n"
        method = random.choice(
            ["post", "post", "post", "put", "patch", "delete", "options", "head"]
        )
        return Request(method, address, body, kind, headers=self.head())

    def many_fields(self) -> Request:
        """Return a form with more ids than anybody selects."""
        address = f"/{self.random.choice(self.lists)}"
        ids = "&".join(f"_selected_action={n}" for n in range(300_000))
        body = BytesIO(f"action=delete_selected&{ids}".encode())
        return Request("post", address, body.getvalue(), "application/x-www-form-urlencoded")

    def head(self) -> dict[str, Any]:
        """Return hostile headers, sometimes."""
        random = self.random
        if random.random() > 0.15:
            return {}
        name = random.choice(
            ["HTTP_ACCEPT_LANGUAGE", "HTTP_X_FORWARDED_FOR", "HTTP_REFERER", "HTTP_RANGE",
             "HTTP_HX_REQUEST", "HTTP_IF_MODIFIED_SINCE", "HTTP_COOKIE", "HTTP_X_FORWARDED_PROTO"]
        )  # fmt: skip
        value = any_value(random)[:500].encode("utf-8", "replace").decode("latin-1")
        if name == "HTTP_COOKIE":
            value = f"django_language={value}; qqcampaign_typist={value}; messages={value}"
        return {name: value.replace("\r", " ").replace("\n", " ")}


def _names(model: Any) -> list[str]:
    """Return the names that filters of a model's list may have."""
    names = [one.name for one in model._meta.get_fields()]
    found = []
    for one in getattr(admin.site._registry[model], "list_filter", ()):
        name = one[0] if isinstance(one, tuple) else one
        found.append(name if isinstance(name, str) else getattr(name, "parameter_name", "") or "x")
    ends = ["_from_0", "_from_1", "_to_0", "_to_1", "_from", "_to"]
    return [*names, *found, *(f"{name}{end}" for name in found for end in ends)]


def pages(keys: Mapping[str, Sequence[Any]]) -> Iterator[str]:
    """Yield the addresses of real pages, whose forms are posted."""
    for route in routes():
        model = "/".join(route.split("/")[:2])
        parts = list(PART.finditer(route))
        known = keys.get(model, ())
        if not parts:
            yield f"/{route}"
        elif len(parts) == 1 and known and "id" in (parts[0][1] or "object_id"):
            yield "/" + PART.sub(str(known[0]), route)
        elif known:
            yield from (_filled(route, key=known[0], verb=verb) for verb in VERBS)


def _filled(route: str, *, key: Any, verb: str) -> str:
    """Return an address: the key as its first part, a verb as the others."""
    values = iter([str(key)])
    return "/" + PART.sub(lambda _found: next(values, verb), route)

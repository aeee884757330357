"""Makes hostile requests to the operations of the API, with the names and keys of real rows."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

from api.operations import OPERATIONS
from api.pipeline.operation import Operation, Parameter
from tests.fuzzing.requests import Request
from tests.fuzzing.values import any_value

_PART = re.compile(r"\{(\w+)\}")
#: Values of the kinds that JSON has and forms do not.
JSON_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 2**63, 10**400, 1.5, 1e308, float("nan"), float("inf"), [], {},
    [[]], [None], {"a": {}}, {"": []}, ["x"] * 3_000,
)  # fmt: skip
TIMES = ("2026-11-27T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00")


class ApiRequestMaker:
    """Makes requests at random, from a seed.

    Args:
        random: the source of chance.
        words: names and keys of real rows.
    """

    def __init__(self, random: Random, words: Sequence[Any]) -> None:
        self.random, self.words = random, [str(word) for word in words] or ["1"]

    def ask(self) -> Request:
        """Return a request for an operation, with some hostile parameters."""
        random = self.random
        operation = random.choice(OPERATIONS)
        address = "/api/v1/" + _PART.sub(lambda _found: self._part(), operation.path)
        given = {
            one.name: self._value(one)
            for one in operation.parameters
            if one.place != "path" and (one.is_required or random.random() < 0.3)
        }
        in_query = {one.name for one in operation.parameters if one.place == "query"}
        if asked := _texts({name: value for name, value in given.items() if name in in_query}):
            address += f"?{urlencode(asked)}"
        headers = self._headers()
        if operation.is_reading:
            return Request("get", address, headers=headers)
        body, kind = self._body(
            operation, {name: value for name, value in given.items() if name not in in_query}
        )
        return Request(operation.method.lower(), address, body, kind, headers=headers)

    def _part(self) -> str:
        word = self._word() if self.random.random() < 0.8 else any_value(self.random)[:2_000]
        return quote(word.encode("utf-8", "surrogatepass"), safe="")

    def _word(self) -> str:
        return self.random.choice(self.words)

    def _value(self, one: Parameter) -> Any:
        """Return a value that the schema allows, or any other."""
        random = self.random
        chance = random.random()
        if chance < 0.25:
            return any_value(random)[:5_000]
        if chance < 0.4:
            return random.choice(JSON_VALUES)
        return self._allowed(one.schema)

    def _allowed(self, schema: Mapping[str, Any]) -> Any:
        random = self.random
        if known := schema.get("enum"):
            return random.choice(list(known))
        kind = schema.get("type", "string")
        kind = kind if isinstance(kind, str) else random.choice(list(kind))
        if kind == "integer":
            return random.choice([0, 1, 2, 60, 2**31])
        if kind == "number":
            return random.choice([0.5, 1, 60])
        if kind == "boolean":
            return random.random() < 0.5
        if kind == "array":
            return [self._allowed(schema.get("items", {})) for _n in range(random.randint(0, 3))]
        if kind == "object":
            return {self._word(): self._word()}
        return random.choice([self._word(), self._word(), random.choice(TIMES)])

    def _body(self, operation: Operation, given: dict[str, Any]) -> tuple[bytes, str]:
        random = self.random
        if operation.upload:
            text = random.choice(["uin,name\n10001,a\n", any_value(random), any_value(random)])
            return text.encode("utf-8", "surrogatepass"), "application/octet-stream"
        if random.random() < 0.1:
            return any_value(random).encode("utf-8", "surrogatepass"), "application/json"
        return json.dumps(given).encode(), "application/json"

    def _headers(self) -> dict[str, Any]:
        random = self.random
        found: dict[str, Any] = {}
        for name in ("HTTP_IDEMPOTENCY_KEY", "HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH"):
            if random.random() < 0.1:
                value = any_value(random)[:300].encode("utf-8", "replace").decode("latin-1")
                found[name] = value.replace("\r", " ").replace("\n", " ")
        return found


def _texts(values: Mapping[str, Any]) -> list[tuple[str, bytes]]:
    found = []
    for name, value in values.items():
        for one in (value if isinstance(value, list) else [value])[:50]:
            text = json.dumps(one) if not isinstance(one, str) else one
            found.append((name, text[:3_000].encode("utf-8", "surrogatepass")))
    return found

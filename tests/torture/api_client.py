"""A program of somebody else: it knows the OpenAPI document, and nothing of this project.

It imports nothing of ours. What it does is named by operation ids, and what it sends is looked up
in the document: where a parameter goes, how a body is sent, whether an Idempotency-Key is taken.
"""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: Seconds.
TIMEOUT = 15.0


@dataclass(frozen=True)
class Answered:
    """The answer to a request.

    Attributes:
        status: the HTTP status.
        data: the JSON.
        headers: with names in lower case.
        asked: how often it was asked.
    """

    status: int
    data: Any
    headers: Mapping[str, str]
    asked: int


class ApiClient:
    """A client of one installation.

    Args:
        origin: such as http://127.0.0.1:8000.
        token: the secret.
        patience: seconds for which a request without an answer is repeated.
    """

    def __init__(self, origin: str, token: str, *, patience: float) -> None:
        self._patience = patience
        self._origin = origin.rstrip("/")
        self._token = token
        document = self._ask("GET", f"{self._origin}/api/v1/openapi.json", None, {}).data
        self._base = self._origin + document["servers"][0]["url"]
        self._operations = {
            operation["operationId"]: (method.upper(), path, operation)
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
            if method in ("get", "post", "put", "patch", "delete")
        }

    def call(
        self,
        operation_id: str,
        *,
        body: Any = None,
        key: str | None = None,
        **values: str,
    ) -> Answered:
        """Do an operation of the document; repeat it until it is answered.

        Args:
            operation_id: its operationId.
            body: bytes for a file, else JSON.
            key: its Idempotency-Key.
            values: its parameters by name.
        """
        method, path, operation = self._operations[operation_id]
        headers, query = {}, {}
        for parameter in operation.get("parameters", ()):
            name, place = parameter["name"], parameter["in"]
            if name in values and place == "path":
                path = path.replace(f"{{{name}}}", urllib.parse.quote(values[name], safe=""))
            elif name in values and place == "query":
                query[name] = values[name]
            elif name == "Idempotency-Key" and key is not None:
                headers[name] = key
        if key is not None and not headers:
            raise ValueError(f"{operation_id} takes no Idempotency-Key")
        data = None
        if body is not None:
            [kind] = operation["requestBody"]["content"]
            headers["Content-Type"] = kind
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
        address = self._base + path + (f"?{urllib.parse.urlencode(query)}" if query else "")
        return self._ask(method, address, data, headers)

    def _ask(
        self, method: str, address: str, data: bytes | None, headers: Mapping[str, str]
    ) -> Answered:
        until, asked = time.monotonic() + self._patience, 0
        while True:
            asked += 1
            request = urllib.request.Request(address, data=data, method=method)
            request.add_header("Authorization", f"Bearer {self._token}")
            for name, value in headers.items():
                request.add_header(name, value)
            try:
                with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
                    return _answered(answer.status, answer.read(), answer.headers, asked)
            except urllib.error.HTTPError as refusal:
                found = _answered(refusal.code, refusal.read(), refusal.headers, asked)
                # Under way (409 with Retry-After), too many (429), the database away (503).
                if "retry-after" not in found.headers and refusal.code < 500:
                    return found
            except (OSError, http.client.HTTPException):
                pass  # no answer: it may have been done, or not
            if time.monotonic() > until:
                raise TimeoutError(f"{method} {address}: no answer in {self._patience:g} s")
            time.sleep(0.3)


def _answered(status: int, body: bytes, headers: Any, asked: int) -> Answered:
    named = {name.lower(): value for name, value in headers.items()}
    data = json.loads(body) if body and "json" in named.get("content-type", "") else body
    return Answered(status, data, named, asked)

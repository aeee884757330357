"""A request read: its address, its body, its file; checked against the operation."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.request import RawPostDataException
from django.utils.translation import gettext as _

from api.pipeline.operation import Operation
from api.pipeline.problems import Problem
from api.pipeline.values import checked, from_text

#: The most bytes of a JSON body.
LARGEST_BODY = 1_000_000
_BLOCK = 1 << 16


def read_values(
    operation: Operation, request: HttpRequest, *, in_path: Mapping[str, str], body: bytes
) -> dict[str, Any]:
    """Return the parameters that a request gives.

    Raises:
        Problem: 400; one is unknown, missing, given twice, or does not fit its schema.
    """
    values: dict[str, Any] = {}
    from_body = _json_object(body) if body and not operation.upload else {}
    _refuse_unknown(operation, request, from_body)
    for one in operation.parameters:
        if one.place == "path":
            values[one.name] = from_text(in_path[one.name], one.schema, field=one.name)
        elif one.place == "query" and one.name in request.GET:
            values[one.name] = _from_query(request.GET.getlist(one.name), one.schema, one.name)
        elif one.place == "body" and one.name in from_body:
            values[one.name] = checked(from_body[one.name], one.schema, field=one.name)
        elif one.is_required:
            raise Problem(
                400,
                _("“%(field)s” is missing.") % {"field": one.name},
                code="missing_value",
                field=one.name,
            )
    return values


def read_body(operation: Operation, request: HttpRequest) -> bytes:
    """Return the body of a request that is JSON; empty for one that has none.

    Raises:
        Problem: it is too large (413), or says that it is something else (415).
    """
    if operation.upload or request.method in ("GET", "HEAD"):
        return b""
    _refuse_large(request, most=LARGEST_BODY)
    try:
        body = request.read(LARGEST_BODY + 1)
    except (OSError, RawPostDataException):
        raise Problem(400, _("The body could not be read."), code="body_unreadable") from None
    if len(body) > LARGEST_BODY:
        raise _too_large(LARGEST_BODY)
    if body and request.content_type not in ("application/json", ""):
        raise Problem(
            415, _("Send the body as application/json."), code="content_type", field="Content-Type"
        )
    return body


@contextmanager
def uploaded(operation: Operation, request: HttpRequest) -> Iterator[Path | None]:
    """Yield the file in the body of a request, stored for the time of the request; None if none.

    Raises:
        Problem: there is no file (400), or it is too large (413).
    """
    if not operation.upload:
        yield None
        return
    most = settings.API_LARGEST_UPLOAD
    _refuse_large(request, most=most)
    with tempfile.TemporaryDirectory(prefix="qqcampaign-api-") as folder:
        path = Path(folder) / "upload"
        written = 0
        with path.open("wb") as file:
            while block := request.read(_BLOCK):
                written += len(block)
                if written > most:
                    raise _too_large(most)
                file.write(block)
        if not written:
            raise Problem(
                400, _("The body is empty: send the file as it is."), code="missing_value"
            )
        yield path


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise Problem(400, _("The body is not JSON."), code="not_json") from None
    if not isinstance(data, dict):
        raise Problem(400, _("The body must be a JSON object."), code="not_json")
    return data


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)  # NaN and Infinity are no JSON


def _refuse_unknown(
    operation: Operation, request: HttpRequest, from_body: Mapping[str, Any]
) -> None:
    for place, given in (("query", request.GET), ("body", from_body)):
        known = {one.name for one in operation.parameters if one.place == place}
        unknown = sorted(set(given) - known)
        if unknown:
            name = unknown[0][:100]
            raise Problem(
                400,
                _("There is no parameter “%(field)s” here. Known are: %(known)s.")
                % {"field": name, "known": ", ".join(sorted(known)) or "–"},
                code="unknown_parameter",
                field=name,
            )


def _from_query(texts: list[str], schema: Mapping[str, Any], name: str) -> Any:
    if schema.get("type") == "array":
        items = [from_text(one, schema["items"], field=name) for one in texts]
        return checked(items, schema, field=name)
    if schema.get("type") == "object":
        return checked(_json_object(texts[-1].encode("utf-8", "replace")), schema, field=name)
    if len(texts) > 1:
        raise Problem(
            400, _("“%(field)s” is given twice.") % {"field": name}, code="wrong_value", field=name
        )
    return from_text(texts[0], schema, field=name)


def _refuse_large(request: HttpRequest, *, most: int) -> None:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isascii() and length.isdecimal() and int(length[:20]) > most:
        raise _too_large(most)


def _too_large(most: int) -> Problem:
    return Problem(
        413,
        _("The body is larger than %(most)s bytes.") % {"most": f"{most:,}"},
        code="body_too_large",
    )

"""The OpenAPI document of the API, and the page that shows it."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from api.operations import OPERATIONS
from api.pipeline import idempotency
from api.pipeline.operation import Operation, Parameter
from api.pipeline.problems import CONTENT_TYPE
from api.pipeline.values import LONGEST_TEXT

#: What no text may contain: NUL. No database of ours can hold it.
_STORABLE = "^[^\\u0000]*$"
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "error", "sentence"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "what is wrong, where, and what to do"},
        "error": {"type": "string", "description": "a short stable name of the reason"},
        "sentence": {"type": "string", "description": "as `--json` of the commands has it"},
        "field": {"type": "string"},
    },
}
_REFUSED = {
    "description": "Refused, with a sentence: RFC 9457",
    "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


@require_safe
def openapi(_request: HttpRequest) -> JsonResponse:
    """Answer the OpenAPI document."""
    return JsonResponse(openapi_document(), json_dumps_params={"ensure_ascii": False})


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Show the operations for people."""
    groups: dict[str, list[Operation]] = {}
    for operation in OPERATIONS:
        groups.setdefault(operation.tag, []).append(operation)
    context = {"groups": groups.items(), "title": _("HTTP API"), "version": settings.VERSION}
    return render(request, "api/docs.html", context)


@cache
def openapi_document() -> dict[str, Any]:
    """Return the document: OpenAPI 3.1."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(f"/{operation.path}", {})[operation.method.lower()] = _operation(operation)
    ids = Counter(one["operationId"] for item in paths.values() for one in item.values())
    assert max(ids.values()) == 1, ids.most_common(3)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "qqcampaign",
            "version": settings.VERSION,
            "description": "What the command line does, for other programs. See docs/api.md.",
        },
        "servers": [{"url": "/api/v1"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Problem": _PROBLEM},
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    described = f"`manage.py {operation.command}`. " if operation.command else ""
    rights = ", ".join((*operation.rights, *operation.rights_of.values())) or "–"
    made: dict[str, Any] = {
        "operationId": f"{operation.method.lower()}_{operation.path}".translate(
            str.maketrans("/-", "__", "{}")
        ),
        "tags": [operation.tag],
        "summary": operation.words,
        "description": f"{described}Scope: {operation.scope.value}. Permissions: {rights}.",
        "parameters": [_parameter(one) for one in operation.parameters if one.place != "body"]
        + _headers(operation),
        "responses": {
            **{str(status): _success(operation) for status in operation.statuses},
            "default": _REFUSED,
        },
    }
    body = _body(operation)
    if body is not None:
        made["requestBody"] = body
    return made


def _parameter(one: Parameter) -> dict[str, Any]:
    return {
        "name": one.name,
        "in": one.place,
        "required": one.place == "path" or one.is_required,
        "description": one.words,
        "schema": _schema(one),
        **({"style": "form", "explode": True} if one.schema.get("type") == "array" else {}),
    }


def _headers(operation: Operation) -> list[dict[str, Any]]:
    names: dict[str, tuple[str, dict[str, Any]]] = {}
    if operation.is_reading and not operation.file_types:
        names["If-None-Match"] = ("an ETag that was answered before", {"type": "string"})
    if operation.is_definition:
        names["If-Match"] = ("the ETag of what is to be changed", {"type": "string"})
    if not operation.is_reading and operation.is_whole:
        names[idempotency.HEADER] = (
            "a new one for each request; a repetition gets the stored answer, for 24 hours",
            {"type": "string", "pattern": idempotency.FORM},
        )
    return [
        {"name": name, "in": "header", "required": False, "description": words, "schema": schema}
        for name, (words, schema) in names.items()
    ]


def _body(operation: Operation) -> dict[str, Any] | None:
    if operation.upload:
        return {
            "required": True,
            "description": operation.upload,
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
            },
        }
    parts = [one for one in operation.parameters if one.place == "body"]
    if not parts:
        return None
    required = [one.name for one in parts if one.is_required]
    schema: dict[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {one.name: {**_schema(one), "description": one.words} for one in parts},
    }
    if required:
        schema["required"] = required
    return {"required": bool(required), "content": {"application/json": {"schema": schema}}}


def _schema(one: Parameter) -> dict[str, Any]:
    schema = _bounded(dict(one.schema))
    if one.place == "path" and schema.get("type") == "string":
        schema.setdefault("minLength", 1)
    return schema


def _bounded(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that says what holds for every text."""
    if schema.get("type") == "string" and "enum" not in schema and "pattern" not in schema:
        return {"maxLength": LONGEST_TEXT, "pattern": _STORABLE, **schema}
    if schema.get("type") == "array":
        return {**schema, "items": _bounded(dict(schema["items"]))}
    return schema


def _success(operation: Operation) -> dict[str, Any]:
    headers = {"ETag": {"schema": {"type": "string"}}} if operation.is_reading else {}
    if operation.file_types:
        content: dict[str, Any] = {kind: {} for kind in operation.file_types}
        return {"description": "The file", "content": content}
    return {
        "description": "Done",
        "content": {"application/json": {"schema": dict(operation.answer)}},
        **({"headers": headers} if headers else {}),
    }

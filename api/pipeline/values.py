"""Values checked against the part of JSON Schema that the API's document uses."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from api.pipeline.problems import Problem
from foundation.characters import is_storable

Schema = Mapping[str, Any]
#: The longest text, unless a schema says otherwise.
LONGEST_TEXT = 100_000
_DIGITS = re.compile(r"-?[0-9]{1,20}")
_WORDS = {"true": True, "1": True, "false": False, "0": False}


def checked(value: Any, schema: Schema, *, field: str) -> Any:
    """Return a value that fits a schema.

    Raises:
        Problem: 400; it does not, with the name of the field.
    """
    kinds = schema.get("type", ())
    kinds = (kinds,) if isinstance(kinds, str) else tuple(kinds)
    kind = next((kind for kind in kinds if _is(value, kind)), None)
    if kinds and kind is None:
        raise _wrong(field, _("It must be of the type %(type)s.") % {"type": ", ".join(kinds)})
    if "enum" in schema and value not in schema["enum"]:
        known = ", ".join(str(one) for one in schema["enum"])
        raise _wrong(field, _("It must be one of: %(known)s.") % {"known": known})
    if kind in ("integer", "number"):
        _check_number(value, schema, field)
        return int(value) if kind == "integer" else value
    if kind == "string":
        _check_text(value, schema, field)
    elif kind == "array":
        _check_length(len(value), schema, "Items", field)
        return [
            checked(one, schema.get("items", {}), field=f"{field}[{n}]")
            for n, one in enumerate(value)
        ]
    elif kind == "object":
        one_schema = schema.get("additionalProperties", {})
        for name in value:
            _check_text(name, {}, field)
        return {
            name: checked(one, one_schema, field=f"{field}.{name}") for name, one in value.items()
        }
    return value


def from_text(text: str, schema: Schema, *, field: str) -> Any:
    """Return a value of an address, read by its schema.

    Raises:
        Problem: 400; it cannot be read, or does not fit the schema.
    """
    kind = schema.get("type")
    value: Any = text
    if kind == "integer" and _DIGITS.fullmatch(text):
        value = int(text)
    elif kind == "number":
        try:
            value = float(text)
        except ValueError:
            value = text
    elif kind == "boolean":
        value = _WORDS.get(text.lower(), text)
    return checked(value, schema, field=field)


def _is(value: Any, kind: str) -> bool:
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "null":
        return value is None
    if isinstance(value, bool):
        return False
    if kind == "integer":  # 3.0 is an integer for JSON Schema
        return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if kind == "number":
        return isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))
    return isinstance(value, {"string": str, "array": list, "object": dict}[kind])


def _check_number(value: float, schema: Schema, field: str) -> None:
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and value < least:
        raise _wrong(field, _("It must be %(least)s or more.") % {"least": least})
    if most is not None and value > most:
        raise _wrong(field, _("It must be %(most)s or less.") % {"most": most})


def _check_text(value: str, schema: Schema, field: str) -> None:
    _check_length(len(value), {"maxLength": LONGEST_TEXT, **schema}, "Length", field)
    if not is_storable(value):
        raise _wrong(field, _("It contains characters that cannot be stored, such as NUL."))
    pattern = schema.get("pattern")
    if pattern is not None and not re.search(pattern, value):
        raise _wrong(field, _("It does not have the form %(form)s.") % {"form": pattern})


def _check_length(length: int, schema: Schema, what: str, field: str) -> None:
    least, most = schema.get(f"min{what}", 0), schema.get(f"max{what}")
    if length < least:
        raise _wrong(field, _("It is empty, or has fewer parts than %(least)d.") % {"least": least})
    if most is not None and length > most:
        raise _wrong(field, _("It is longer than %(most)d.") % {"most": most})


def _wrong(field: str, why: str) -> Problem:
    sentence = _("“%(field)s” cannot be used. %(why)s") % {"field": field[:100], "why": why}
    return Problem(400, sentence, code="wrong_value", field=field[:100])

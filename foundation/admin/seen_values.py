"""The values that a form showed, carried in the form as a signed token.

With them a later save can tell what the operator changed from what someone else changed since. The
token holds no secret: it leaves out password fields, and a large value is kept as its digest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.core import signing
from django.db.models import Model, QuerySet
from django.utils import timezone

SALT = "foundation.admin.seen_values"
#: The most characters of a value in the token; of a larger one the token has the digest.
LARGEST = 20_000
_DIGEST = "$digest"


@dataclass(frozen=True)
class Seen:
    """What a form showed.

    Attributes:
        user: the primary key of the operator who opened the form.
        row: the row, as "app.model:pk"; empty for a new one.
        at: when.
        values: the encoded initial value of each field.
        asked: the fields about which the operator was asked to choose.
    """

    user: Any
    row: str
    at: datetime
    values: dict[str, Any]
    asked: list[str] = field(default_factory=list)


def is_compared(form_field: forms.Field) -> bool:
    """Return whether a field's value is kept in the token: no password, no file, no fixed value."""
    if form_field.disabled or isinstance(form_field, forms.FileField):
        return False
    return not isinstance(form_field.widget, forms.PasswordInput)


def token_of(form: forms.BaseForm, *, user: Any, row: str, asked: Iterable[str] = ()) -> str:
    """Return the token of the values that a form shows.

    Args:
        form: the form.
        user: the primary key of the operator.
        row: the row, as "app.model:pk"; empty for a new one.
        asked: the fields about which the form asks to choose.
    """
    values = (
        {name: packed(shown(form, name)) for name, one in form.fields.items() if is_compared(one)}
        if row
        else {}
    )
    content = {"u": str(user), "r": row, "t": timezone.now().isoformat(), "f": values}
    if chosen := list(asked):
        content["a"] = chosen
    return signing.dumps(content, salt=SALT, compress=True)


def read_token(token: str) -> Seen | None:
    """Return what a token holds; None if it was not made here, or under another SECRET_KEY."""
    try:
        content = signing.loads(token, salt=SALT)
        return Seen(
            user=content["u"],
            row=content["r"],
            at=datetime.fromisoformat(content["t"]),
            values=content["f"],
            asked=content.get("a", []),
        )
    except (signing.BadSignature, ValueError, KeyError, TypeError):
        return None


def shown(form: forms.BaseForm, name: str) -> Any:
    """Return the encoded initial value of a field of a form."""
    bound = form[name]
    value = bound.field.prepare_value(bound.initial)
    if isinstance(bound.field, forms.ModelMultipleChoiceField):
        return sorted(str(one) for one in value or ())
    if isinstance(bound.field, forms.ModelChoiceField):
        return "" if value is None else str(value)
    return encoded(value)


def posted(form: forms.BaseForm, name: str) -> Any:
    """Return the encoded value that was posted, as `shown` would encode it; None: not readable."""
    one, data = form.fields[name], form[name].data
    if isinstance(one, forms.ModelMultipleChoiceField):
        return sorted(str(key) for key in data or ())
    if isinstance(one, forms.ModelChoiceField):
        return "" if data is None else str(data)
    try:
        return encoded(one.prepare_value(one.to_python(data)))
    except forms.ValidationError:
        return None


def packed(value: Any) -> Any:
    """Return an encoded value, or its digest if it is large."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    if len(text) <= LARGEST:
        return value
    # A lone surrogate cannot be written as UTF-8.
    return {_DIGEST: hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()}


def is_digest(value: Any) -> bool:
    """Return whether a value of a token is a digest."""
    return isinstance(value, dict) and _DIGEST in value


def encoded(value: Any) -> Any:
    """Return a value as JSON that `decoded` turns back."""
    if isinstance(value, Model):
        return str(value.pk)
    if isinstance(value, list | tuple | set | QuerySet):
        return [encoded(one) for one in value]
    if isinstance(value, dict):
        return {"$dict": {str(key): encoded(one) for key, one in value.items()}}
    if isinstance(value, datetime):
        return {"$datetime": (value.astimezone(UTC) if value.tzinfo else value).isoformat()}
    for kind, tag in ((date, "$date"), (time, "$time")):
        if isinstance(value, kind):
            return {tag: value.isoformat()}
    if isinstance(value, timedelta):
        return {"$seconds": value.total_seconds()}
    if isinstance(value, Decimal | UUID):
        return {f"${type(value).__name__}": str(value)}
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)


def decoded(value: Any) -> Any:
    """Return the value that `encoded` made this JSON of."""
    if isinstance(value, list):
        return [decoded(one) for one in value]
    if not isinstance(value, dict):
        return value
    ((tag, content),) = value.items()
    if tag == "$dict":
        return {key: decoded(one) for key, one in content.items()}
    readers: dict[str, Any] = {
        "$datetime": datetime.fromisoformat,
        "$date": date.fromisoformat,
        "$time": time.fromisoformat,
        "$seconds": lambda seconds: timedelta(seconds=seconds),
        "$Decimal": Decimal,
        "$UUID": UUID,
    }
    return readers[tag](content) if tag in readers else value

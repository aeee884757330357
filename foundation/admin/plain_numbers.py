"""Numbers in forms as people write them: 7, not 7.0."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Field
from django.http import HttpRequest


class PlainNumbersMixin:
    """Forms whose numbers have no zeros that say nothing."""

    def formfield_for_dbfield(
        self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Return the form field of a column."""
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if isinstance(field, forms.FloatField | forms.DecimalField):
            field.prepare_value = plain  # type: ignore[method-assign]
        return field


def plain(value: Any) -> Any:
    """Return a number without a fraction of zeros; what somebody typed stays as it is."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Decimal) and value.is_finite():
        whole = value.to_integral_value()
        return int(whole) if value == whole else value.normalize()
    return value

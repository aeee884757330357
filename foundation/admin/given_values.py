"""Values for a new row's form that its address gives: a time that cannot be read is left out."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import DateField, TimeField
from django.forms.utils import to_current_timezone
from django.http import HttpRequest


class GivenValuesMixin:
    """Mixin of an admin page: its form for a new row stands any address."""

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Return the values; the library hands the text of a time to a widget that needs a time."""
        given: dict[str, Any] = super().get_changeform_initial_data(request)  # type: ignore[misc]
        for name in list(given):
            try:
                field = self.model._meta.get_field(name)  # type: ignore[attr-defined]
            except FieldDoesNotExist:
                continue
            if not isinstance(field, DateField | TimeField):
                continue
            try:
                given[name] = field.to_python(given[name])
                if hasattr(given[name], "tzinfo") and hasattr(given[name], "date"):
                    to_current_timezone(given[name])
            except (ValidationError, OverflowError, ValueError, TypeError):
                del given[name]
        return given

"""Values for a new row's form that its address gives: what its field cannot be is left out."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import DateField, Field, ForeignKey, ManyToManyField, TimeField
from django.forms.utils import to_current_timezone
from django.http import HttpRequest

from foundation.admin.key_fields import is_key


class GivenValuesMixin:
    """Mixin of an admin page: its form for a new row stands any address."""

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Return the values; the library hands the texts to widgets that need times and keys."""
        given: dict[str, Any] = super().get_changeform_initial_data(request)  # type: ignore[misc]
        for name in list(given):
            try:
                field: Any = self.model._meta.get_field(name)  # type: ignore[attr-defined]
            except FieldDoesNotExist:
                continue
            if isinstance(field, ManyToManyField):
                given[name] = [one for one in given[name] if is_key(one)]
            elif isinstance(field, ForeignKey):
                if not is_key(given[name]):
                    del given[name]
            elif isinstance(field, DateField | TimeField) and not _set_time(given, name, field):
                del given[name]
        return given


def _set_time(given: dict[str, Any], name: str, field: Field[Any, Any]) -> bool:
    """Put the time in the place of its text; return whether that was possible."""
    try:
        given[name] = field.to_python(given[name])
        if hasattr(given[name], "tzinfo") and hasattr(given[name], "date"):
            to_current_timezone(given[name])
    except (ValidationError, OverflowError, ValueError, TypeError):
        return False
    return True

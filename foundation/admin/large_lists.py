"""Lists of large tables: they are sorted and filtered only as an index provides.

Sorting ten million rows by another column takes minutes, and a filter that few rows pass reads all
of them. An address that asks for it is answered in the list's own order, or by what to choose first.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any

from django.contrib.admin.views.main import IGNORED_PARAMS, PAGE_VAR
from django.db.models import Field, Model, UniqueConstraint
from django.http import HttpRequest
from unfold.contrib.filters.admin import FieldTextFilter


class LargeListMixin:
    """Mixin of an admin page whose table has millions of rows."""

    model: type[Model]
    #: The question of the address that makes all others cheap, such as "run__id__exact"; "": none.
    first_question = ""
    #: Questions that are cheap without it.
    cheap_questions: Collection[str] = ()
    #: What an operator is told who asks another question without it.
    first_sentence: Any = ""

    def get_sortable_by(self, request: HttpRequest) -> list[str]:
        """Return the columns of the list that an index sorts."""
        columns = super().get_sortable_by(request)  # type: ignore[misc]
        return [name for name in columns if self._sorts_by(name) in indexed_columns(self.model)]

    def missing_choice(self, request: HttpRequest) -> Any:
        """Return the sentence that tells what to choose first; "" if the list can be shown."""
        asked = {name for name, value in request.GET.items() if value}
        asked -= {*IGNORED_PARAMS, PAGE_VAR, *self.cheap_questions}
        if not self.first_question or not asked or self.first_question in asked:
            return ""
        return self.first_sentence

    def _sorts_by(self, name: str) -> str:
        shown = getattr(self, name, None)
        return str(getattr(shown, "admin_order_field", None) or name)


class ExactTextFilter(FieldTextFilter):
    """Rows whose column is exactly what was entered, as the links of the console ask for it."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.lookup_kwarg = self.field_path
        self.lookup_val = self.used_parameters.get(self.field_path)

    def expected_parameters(self) -> list[str | None]:
        """Return the name in the address, which is the column's."""
        return [self.field_path]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Return the rows with the value."""
        text = str(self.value() or "").strip()
        return queryset.filter(**{self.field_path: text}) if text else queryset


@cache
def indexed_columns(model: type[Model]) -> frozenset[str]:
    """Return the columns that an index of all rows begins with."""
    options = model._meta
    own: list[Field[Any, Any]] = [
        one for one in options.concrete_fields if not one.is_relation and (one.unique or one.db_index)
    ]
    found = {one.name for one in own} | {"pk"}
    for index in options.indexes:
        if index.condition is None and index.fields:
            found.add(index.fields[0].lstrip("-"))
    for constraint in options.constraints:
        if isinstance(constraint, UniqueConstraint) and constraint.condition is None:
            found.update(constraint.fields[:1])
    # A list sorted by a reference is sorted by a column of the other table.
    references = {one.name for one in options.concrete_fields if one.is_relation}
    return frozenset(found - references)

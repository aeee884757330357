"""Lists of large tables: they are sorted and filtered only as an index provides.

Sorting ten million rows by another column takes minutes, and a filter that few rows pass reads
all of them. An address that asks for it is answered in the list's own order, or by what to choose
first, or from the newest rows.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache
from typing import Any

from django.contrib import messages
from django.contrib.admin.views.main import IGNORED_PARAMS, PAGE_VAR, SEARCH_VAR
from django.db.models import Model, QuerySet, UniqueConstraint
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from unfold.contrib.filters.admin import FieldTextFilter

#: Without an index, rows are looked for among so many of the newest.
MOST_SEARCHED = 50_000

#: A number as people write a UIN.
_NUMBER = re.compile(r"\W*(qq)?\W*[\d\s,]+(@qq\.com)?\W*", re.IGNORECASE)


class LargeListMixin:
    """Mixin of an admin page whose table has millions of rows."""

    model: type[Model]
    #: The question of the address that makes all others cheap, such as "run__id__exact". If there
    #: is one, nothing else is asked without it; if there is none, the newest rows are searched.
    first_question = ""
    #: What an operator is told who asks another question without it.
    first_sentence: Any = ""
    #: Questions that are cheap, beside those for a column that an index begins with.
    cheap_questions: Collection[str] = ()

    def get_sortable_by(self, request: HttpRequest) -> list[str]:
        """Return the columns of the list that an index sorts."""
        columns = super().get_sortable_by(request)  # type: ignore[misc]
        return [name for name in columns if self._sorts_by(name) in sorted_columns(self.model)]

    def is_cheap_search(self, term: str) -> bool:
        """Return whether an index finds what is entered into the search: here a UIN."""
        return bool(_NUMBER.fullmatch(term))

    def missing_choice(self, request: HttpRequest) -> Any:
        """Return the sentence that tells what to choose first; "" if the list can be shown."""
        return self.first_sentence if self.first_question and self._is_costly(request) else ""

    def searched_rows(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows among which the list looks for what is asked: all, or the newest."""
        if self.first_question or not self._is_costly(request):
            return rows
        keys = self.model._default_manager.order_by("-pk").values_list("pk", flat=True)
        newest = keys.first()
        if not isinstance(newest, int) or newest <= MOST_SEARCHED:
            return rows
        n = number_format(MOST_SEARCHED, force_grouping=True)
        said = _("Only the newest rows are searched, %(n)s of them.") % {"n": n}
        messages.info(request, said)
        return rows.filter(pk__gt=newest - MOST_SEARCHED)

    def _is_costly(self, request: HttpRequest) -> bool:
        """Return whether something is asked that no index finds."""
        asked = {name for name, value in request.GET.items() if value}
        term = request.GET.get(SEARCH_VAR, "").strip()
        asked -= {*IGNORED_PARAMS, PAGE_VAR, *self.cheap_questions}
        columns = {name.split("__")[0] for name in asked}
        if self.first_question:
            return bool(asked) and self.first_question not in asked
        has_index = bool(columns & indexed_columns(self.model)) or bool(
            {*self.cheap_questions} & {*request.GET}
        )
        return not has_index and (bool(asked) or bool(term and not self.is_cheap_search(term)))

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


def between(rows: QuerySet[Any], keys: QuerySet[Any]) -> QuerySet[Any]:
    """Return the rows from the first to the last of some keys, which an index has in order."""
    first, last = keys.first(), keys.last()
    return rows.none() if first is None else rows.filter(pk__gte=first, pk__lte=last)


def is_exporting(request: HttpRequest) -> bool:
    """Return whether the request is for a file, which takes the time to read everything."""
    match = request.resolver_match
    return match is not None and "_export" in str(match.url_name)


@cache
def indexed_columns(model: type[Model]) -> frozenset[str]:
    """Return the columns that an index of all rows begins with."""
    options = model._meta
    columns: Any = options.concrete_fields
    found = {one.name for one in columns if one.unique or one.db_index} | {"pk"}
    for index in options.indexes:
        if index.condition is None and index.fields:
            found.add(index.fields[0].removeprefix("-"))
    for constraint in options.constraints:
        if isinstance(constraint, UniqueConstraint) and constraint.condition is None:
            found.update(constraint.fields[:1])
    return frozenset(found)


@cache
def sorted_columns(model: type[Model]) -> frozenset[str]:
    """Return those by which an index sorts; a reference sorts by a column of the other table."""
    references = {one.name for one in model._meta.concrete_fields if one.is_relation}
    return indexed_columns(model) - references

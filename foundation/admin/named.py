"""Pages of rows with a name: the search reads a name as it is compared."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from foundation.names import name_key, without_controls
from foundation.refusals import Refusal


class NameSearchMixin:
    """Rows that are found by a name, which is read as names are compared."""

    #: The column of the name's key.
    name_key_field = "name_key"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search as the page does, and by the name without case and width."""
        term = without_controls(search_term)
        found, is_doubled = super().get_search_results(request, queryset, term)  # type: ignore[misc]
        key = name_key(term)
        named = queryset.filter(**{f"{self.name_key_field}__contains": key})
        return (found | named if key else found), is_doubled


class NamedMixin(NameSearchMixin):
    """Rows that are `foundation.named_model.NamedModel`."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the form, or save it; refuse at the field a name that was taken meanwhile."""
        view: Any = super().changeform_view  # type: ignore[misc]
        try:
            page: HttpResponse = view(request, *args, **kwargs)
        except Refusal as refusal:
            if refusal.code != "name_taken":
                raise
            # Another operator saved the name after this form was checked. Checked again, it shows
            # the error, with everything typed in it.
            page = view(request, *args, **kwargs)
        return page

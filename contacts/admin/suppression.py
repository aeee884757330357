"""Suppressions: who must never be written to."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from contacts.models import Suppression
from contacts.resources import SuppressionResource
from foundation.admin import ExportMixin, UncountedAdmin, search_by_uin
from tabular.exports import stream_csv, write_xlsx


@admin.register(Suppression)
class SuppressionAdmin(ExportMixin, UncountedAdmin):
    """By UIN: deleting and importing the contact again does not lift it."""

    export_resource = SuppressionResource
    export_stream = stream_csv
    export_workbook = write_xlsx
    list_display = ["uin", "scope", "reason", "source", "created_at"]
    list_filter = [("reason", ChoicesDropdownFilter), ("contact_list", RelatedDropdownFilter)]
    list_select_related = ["contact_list"]
    search_fields = ["uin"]
    search_help_text = _("UIN; its beginning is enough")
    autocomplete_fields = ["contact_list"]
    fields = ["uin", "contact_list", ("reason", "source")]
    empty_sentence = _(
        "Nobody has asked to be left alone yet. Who is entered here is skipped by every campaign, "
        "at once."
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Suppression], search_term: str
    ) -> tuple[Any, bool]:
        """Search by the beginning of the UIN."""
        if not search_term:
            return queryset, False
        return search_by_uin(queryset, search_term, also=["source__icontains"]), False

    @admin.display(description=_("holds for"))
    def scope(self, suppression: Suppression) -> Any:
        """Every campaign, or those to one list."""
        return suppression.contact_list or _("every campaign")

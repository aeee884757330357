"""The list of suppressions and the form of one."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from contacts.models import Suppression
from contacts.resources import SuppressionResource
from foundation.admin import ExportMixin, UncountedAdmin
from tabular.admin.table_import import TableImport
from tabular.exports import stream_csv, write_xlsx
from tabular.uin_search import search_by_uin


@admin.register(Suppression)
class SuppressionAdmin(TableImport, ExportMixin, UncountedAdmin):
    """Suppressions, by UIN: deleting a contact and importing it again does not lift one."""

    export_resource = table_resource = SuppressionResource
    export_stream = stream_csv
    export_workbook = write_xlsx
    table_note = _(
        "An import adds suppressions and corrects their reasons. It never lifts one: people who "
        "are missing in the file stay suppressed."
    )
    actions_list = ["to_table"]
    list_display = ["uin", "scope", "reason", "source", "created_at"]
    list_filter = [("reason", ChoicesDropdownFilter), ("contact_list", RelatedDropdownFilter)]
    list_select_related = ["contact_list"]
    search_fields = ["uin"]
    search_help_text = _("UIN (its first digits are enough)")
    autocomplete_fields = ["contact_list"]
    fields = ["uin", "contact_list", ("reason", "source")]
    empty_sentence = _(
        "There are no suppressions yet. Every campaign skips the QQ numbers entered here, starting "
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
        """Return the list whose campaigns it applies to, or "every campaign"."""
        return suppression.contact_list or _("every campaign")

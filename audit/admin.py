"""The pages of the audit trail: a list to search and filter, and each entry with its changes."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateTimeFilter
from unfold.decorators import display

from audit.find import find_entries
from audit.models import AuditEntry
from audit.reading import facts_of, kind_of, lines_of, told
from audit.resources import AuditEntryResource
from foundation.admin import ExportMixin, ReadOnlyMixin, UncountedAdmin
from foundation.display import EMPTY, choice_words
from foundation.refusals import Refusal
from tabular.exports import stream_csv, write_xlsx


class AboutFilter(admin.SimpleListFilter):
    """Entries about one row, as "type:id": the link from that row's page."""

    title = _("row")
    parameter_name = "about"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer nothing but what the address asks for."""
        asked = request.GET.get(self.parameter_name, "")[:150]
        return [(asked, asked)] if asked else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> Any:
        """Return the entries about the row."""
        asked = self.value()
        if not asked or "\0" in asked:
            return queryset
        try:
            return queryset & find_entries(about=asked)
        except Refusal:
            return queryset.none()


@admin.register(AuditEntry)
class AuditEntryAdmin(ExportMixin, ReadOnlyMixin, UncountedAdmin):
    """The audit trail. Nobody changes it."""

    export_resource = AuditEntryResource
    export_stream = stream_csv
    export_workbook = write_xlsx
    list_display = ["at", "who", "from_where", "what"]
    list_display_links = ["what"]
    list_filter = [
        ("at", RangeDateTimeFilter),
        ("channel", ChoicesDropdownFilter),
        AboutFilter,
    ]
    cheap_questions = ["about"]
    search_fields = ["who", "object_name", "verb", "sentence", "address"]
    search_help_text = _("who, name, verb, sentence or IP address")
    ordering = ["-id"]
    fields = ["what", ("at", "who"), ("channel", "address"), ("verb", "row"), "key"]
    readonly_fields = ["row", "what"]
    change_form_outer_after_template = "console/audit/changes.html"
    empty_sentence = _("Nobody has changed anything or taken data out yet.")

    def is_cheap_search(self, term: str) -> bool:
        """Return False: nothing that is searched has an index."""
        return False

    def page_context(self, request: HttpRequest, obj: AuditEntry) -> dict[str, Any]:
        """Return the changes, which the page shows below the entry."""
        return {
            "facts": facts_of(obj),
            "changed_rows": [
                {
                    "change": one,
                    "type": kind_of(one.object_type),
                    "address": address_of_row(one.object_type, one.object_id),
                    "lines": lines_of(one),
                }
                for one in obj.changes.order_by("pk")
            ],
        }

    @display(description=_("from where"), ordering="channel")
    def from_where(self, entry: AuditEntry) -> str:
        """The channel and the address."""
        return f"{choice_words(entry, 'channel')} {entry.address}".strip()

    @display(description=_("what"))
    def what(self, entry: AuditEntry) -> str:
        """What was done, in one line."""
        return Truncator(told(entry)).chars(200)

    @display(description=_("row"))
    def row(self, entry: AuditEntry) -> str:
        """What the entry is about."""
        if not entry.object_type:
            return EMPTY
        return f"{kind_of(entry.object_type)} “{entry.object_name}”"


def address_of_row(label: str, key: str) -> str:
    """Return the URL of a row's page; empty if such rows have none."""
    app, _dot, model = label.partition(".")
    try:
        return reverse(f"admin:{app}_{model}_change", args=[key])
    except NoReverseMatch:
        return ""

"""The inbox: the list of inbound messages."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    RangeDateTimeFilter,
)
from unfold.decorators import display

from accounts.models import InboundKind, InboundMessage
from accounts.resources import InboundMessageResource
from foundation.admin import ExportMixin, ReadOnlyMixin, UncountedAdmin
from foundation.display import EMPTY, choice_words
from foundation.names import without_controls
from foundation.uins import UIN_MAX, UIN_MIN
from tabular.exports import stream_csv, write_xlsx
from tabular.uin_search import uin_digits

KIND_COLOURS = {
    InboundKind.USER: "primary",
    InboundKind.REQUEST: "info",
    InboundKind.ACCEPTED: "success",
    InboundKind.REFUSED: "warning",
    InboundKind.SYSTEM: "default",
}
#: The most characters of a text that the list shows.
SHOWN_CHARACTERS = 160


@admin.register(InboundMessage)
class InboundMessageAdmin(ExportMixin, ReadOnlyMixin, UncountedAdmin):
    """Inbound messages, read-only, as the gateway delivered them."""

    export_resource = InboundMessageResource
    export_stream = stream_csv
    export_workbook = write_xlsx
    list_display = ["sender", "badge", "said", "account", "received_at"]
    list_filter = [
        ("account", AutocompleteSelectFilter),
        ("kind", ChoicesDropdownFilter),
        ("received_at", RangeDateTimeFilter),
    ]
    list_select_related = ["account"]
    cheap_questions = ["handled__exact"]
    search_fields = ["uin", "text"]
    search_help_text = _("UIN, or a part of the text")
    ordering = ["-id"]
    list_display_links = ["said"]
    fields = [("sender", "account"), ("kind", "received_at"), "text"]
    readonly_fields = ["sender"]
    empty_sentence = _(
        "There are no inbound messages yet. Logged-in accounts fetch them at the gateway's "
        "heartbeat interval (QQ_INBOX)."
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[InboundMessage], search_term: str
    ) -> tuple[Any, bool]:
        """Search by the whole UIN, or in the text."""
        term = without_controls(search_term).strip()
        if not term:
            return queryset, False
        digits = uin_digits(term)
        if digits and UIN_MIN <= int(digits) <= UIN_MAX:
            return queryset.filter(uin=int(digits)), False
        return queryset.filter(text__icontains=term), False

    @display(description=_("UIN"), ordering="uin")
    def sender(self, message: InboundMessage) -> Any:
        """Return the sender's UIN, linked to the contact of that UIN."""
        if not message.uin:
            return EMPTY
        return format_html(
            '<a class="text-link" href="{}?q={}">{}</a>',
            reverse("admin:contacts_contact_changelist"),
            message.uin,
            message.uin,
        )

    @display(description=_("kind"), label=KIND_COLOURS, ordering="kind")
    def badge(self, message: InboundMessage) -> tuple[int, Any]:
        """Return the kind, which selects the colour, and its label."""
        return message.kind, choice_words(message, "kind")

    @admin.display(description=_("text"))
    def said(self, message: InboundMessage) -> str:
        """Return the beginning of the text."""
        return Truncator(message.text).chars(SHOWN_CHARACTERS)

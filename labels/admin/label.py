"""The console's page of labels."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from unfold.decorators import display

from foundation.admin import ChangeHistoryMixin, ConsoleAdmin, NamedMixin
from foundation.display import EMPTY
from labels.admin.badges import badges
from labels.models import Label
from labels.uses import counts_of, with_counts


@admin.register(Label)
class LabelAdmin(NamedMixin, ChangeHistoryMixin, SimpleHistoryAdmin, ConsoleAdmin):
    """Labels, each with the rows that have it."""

    list_display = ["badge", "rows", "created_at"]
    list_filter = ["colour"]
    search_fields = ["name"]
    fieldsets = [(None, {"fields": ["name", "colour"]})]
    empty_sentence = _(
        "Labels group accounts, campaigns, lists and templates: every list can be filtered by "
        "them, and a pool can take its accounts by them. Add one here."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Label]:
        """Labels with the number of rows that have them."""
        return with_counts(super().get_queryset(request))

    @display(description=_("label"), ordering="name")
    def badge(self, label: Label) -> SafeString:
        """Return the label as a badge."""
        return badges([label])

    @display(description=_("used by"))
    def rows(self, label: Label) -> Any:
        """Return how many rows of each kind have the label, linked to them."""
        parts = []
        for model, count in counts_of(label):
            options = model._meta
            if not count:
                continue
            words = f"{options.verbose_name_plural}: {count}"
            try:
                address = reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
                link = format_html(
                    '<a class="text-link" href="{}?labels__id__exact={}">{}</a>',
                    address,
                    label.pk,
                    words,
                )
            except NoReverseMatch:
                link = format_html("{}", words)
            parts.append((link,))
        return format_html_join(", ", "{}", parts) if parts else EMPTY

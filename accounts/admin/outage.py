"""The list of outages."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RelatedDropdownFilter

from accounts.models import Outage
from foundation.admin import ReadOnlyMixin, UncountedAdmin, details


@admin.register(Outage)
class OutageAdmin(ReadOnlyMixin, UncountedAdmin):
    """Outages, which the workers begin and end."""

    list_display = ["egress", "details", "began_at", "ended_at"]
    fields = ["egress", "details", "began_at", "ended_at"]
    readonly_fields = ["details"]
    details = details("sentence")
    list_filter = [("egress", RelatedDropdownFilter), ("ended_at", admin.EmptyFieldListFilter)]
    list_select_related = ["egress"]
    search_fields = ["sentence"]
    empty_sentence = _("There have been no outages.")

"""The list of outages."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RelatedDropdownFilter

from accounts.models import Outage
from foundation.admin import ReadOnlyMixin, UncountedAdmin


@admin.register(Outage)
class OutageAdmin(ReadOnlyMixin, UncountedAdmin):
    """Outages, which the workers begin and end."""

    list_display = ["egress", "sentence", "began_at", "ended_at"]
    list_filter = [("egress", RelatedDropdownFilter), ("ended_at", admin.EmptyFieldListFilter)]
    list_select_related = ["egress"]
    search_fields = ["sentence"]
    empty_sentence = _("There have been no outages.")

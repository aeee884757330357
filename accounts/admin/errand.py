"""Errands: what accounts were asked to do besides sending, and what came of it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from accounts.models import Errand
from foundation.admin import ReadOnlyMixin, UncountedAdmin

ERRAND_COLOURS = {"open": "info", "done": "success", "failed": "danger"}


@admin.register(Errand)
class ErrandAdmin(ReadOnlyMixin, UncountedAdmin):
    """Asked for on the accounts' page; the lanes answer here."""

    list_display = ["account", "kind", "badge", "outcome", "requested_at", "requested_by"]
    list_filter = [
        ("state", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ("account", AutocompleteSelectFilter),
    ]
    list_select_related = ["account", "requested_by"]
    search_fields = ["=account__uin", "outcome"]
    empty_sentence = _("Choose accounts in their list and ask them to log in or to sync friends.")

    @display(description=_("state"), label=ERRAND_COLOURS, ordering="state")
    def badge(self, errand: Errand) -> tuple[str, Any]:
        """The state, coloured."""
        return errand.state, errand.get_state_display()

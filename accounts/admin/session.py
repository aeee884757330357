"""Sessions: the logins the gateway accepted."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from accounts.models import Session
from foundation.admin import ReadOnlyMixin, UncountedAdmin


@admin.register(Session)
class SessionAdmin(ReadOnlyMixin, UncountedAdmin):
    """Open and ended logins, with how they ended."""

    list_display = ["account", "egress", "opened_at", "last_used_at", "ended_at", "end_reason"]
    list_filter = [
        ("account", AutocompleteSelectFilter),
        "egress",
        ("ended_at", admin.EmptyFieldListFilter),
    ]
    list_select_related = ["account", "egress"]
    search_fields = ["=account__uin"]
    empty_sentence = _("Nobody has logged in yet: ask for it in the list of accounts.")

"""The list of sessions."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from accounts.models import Session
from foundation.admin import ReadOnlyMixin, UncountedAdmin, wall_time


@admin.register(Session)
class SessionAdmin(ReadOnlyMixin, UncountedAdmin):
    """Open and ended sessions, with the reasons for their ends."""

    list_display = ["account", "egress", "opened_at", "last_used", "ended_at", "end_reason"]
    list_filter = [
        ("account", AutocompleteSelectFilter),
        "egress",
        ("ended_at", admin.EmptyFieldListFilter),
    ]
    list_select_related = ["account", "egress"]
    search_fields = ["=account__uin"]
    last_used = wall_time("last_used_at", _("last used at"))
    empty_sentence = _(
        "No account has logged in yet. Select accounts in their list and choose “Log in”."
    )

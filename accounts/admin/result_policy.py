"""Result policies: what happens on each code, as data."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from accounts.models import ResultPolicy
from foundation.admin import ConsoleAdmin


@admin.register(ResultPolicy)
class ResultPolicyAdmin(SimpleHistoryAdmin, ConsoleAdmin):
    """Every change is kept, with who made it."""

    list_display = [
        "code",
        "command",
        "action",
        "max_tries",
        "backoff_seconds",
        "account_action",
        "suppresses_contact",
        "stops_run",
    ]
    list_filter = [("command", ChoicesDropdownFilter), ("action", ChoicesDropdownFilter)]
    search_fields = ["code"]
    ordering = ["command", "code"]
    fieldsets = [
        (None, {"fields": [("command", "code"), ("action", "max_tries")]}),
        (_("Pauses"), {"fields": [("backoff_seconds", "backoff_factor", "backoff_longest")]}),
        (_("Besides"), {"fields": ["account_action", "suppresses_contact", "stops_run"]}),
    ]
    empty_sentence = _("Without a policy every code is a failure: run the migrations again.")

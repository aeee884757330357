"""The list of sessions."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from accounts.models import Session
from foundation.admin import ReadOnlyMixin, UncountedAdmin, wall_time
from tabular.uin_search import search_by_uin


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
    ordering = ["-id"]  # the newest first, by an index
    last_used = wall_time("last_used_at", _("last used at"))
    empty_sentence = _(
        "No account has logged in yet. Select accounts in their list and choose “Log in”."
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Session], search_term: str
    ) -> tuple[Any, bool]:
        """Search by the beginning of the account's UIN."""
        if not search_term:
            return queryset, False
        return search_by_uin(queryset, search_term, field="account__uin"), False

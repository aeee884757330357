"""The list of the accounts' friends."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from accounts.models import Friend
from foundation.admin import ReadOnlyMixin, UncountedAdmin
from tabular.uin_search import search_by_uin


@admin.register(Friend)
class FriendAdmin(ReadOnlyMixin, UncountedAdmin):
    """Friendships, including ended ones, as the gateway reported them."""

    list_display = ["uin", "nickname", "account", "known_since", "ended_at"]
    list_filter = [
        ("account", AutocompleteSelectFilter),
        ("ended_at", admin.EmptyFieldListFilter),
    ]
    list_select_related = ["account"]
    search_fields = ["uin"]
    search_help_text = _("UIN (its first digits are enough) or nickname")
    ordering = ["-id"]
    empty_sentence = _(
        "Friend lists come from the gateway. Select accounts in their list and choose “Sync "
        "friends”."
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Friend], search_term: str
    ) -> tuple[Any, bool]:
        """Search by the beginning of the UIN, or of the nickname."""
        if not search_term:
            return queryset, False
        return search_by_uin(queryset, search_term, also=["nickname__istartswith"]), False

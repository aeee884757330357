"""The list of the accounts' friends."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from accounts.admin.people_search import PeopleSearch
from accounts.models import Friend
from accounts.states import FriendPresence
from foundation.admin import ReadOnlyMixin, UncountedAdmin
from foundation.display import EMPTY, choice_words
from tabular.admin.large_uin_search import search_many_by_uin

PRESENCE_COLOURS = {
    FriendPresence.ONLINE: "success",
    FriendPresence.BUSY: "warning",
    FriendPresence.OFFLINE: "default",
}


@admin.register(Friend)
class FriendAdmin(PeopleSearch, ReadOnlyMixin, UncountedAdmin):
    """Friendships, including ended ones, as the gateway reported them."""

    list_display = ["uin", "nickname", "now", "account", "since", "ended_at"]
    list_filter = [
        ("account", AutocompleteSelectFilter),
        ("presence", ChoicesDropdownFilter),
        ("ended_at", admin.EmptyFieldListFilter),
    ]
    list_select_related = ["account"]
    search_fields = ["uin"]
    search_help_text = _("UIN (its first digits are enough) or nickname")
    ordering = ["-id"]
    actions_list = ["to_search"]
    empty_sentence = _(
        "Friend lists come from the gateway. Select accounts in their list and choose “Sync "
        "friends”."
    )
    empty_step = (_("Accounts"), "admin:accounts_account_changelist")

    @display(description=_("presence"), label=PRESENCE_COLOURS)
    def now(self, friend: Friend) -> tuple[Any, Any]:
        """Return the presence, which selects the colour, and its label."""
        return friend.presence, choice_words(friend, "presence") or EMPTY

    @admin.display(description=_("known since"), ordering="known_since")
    def since(self, friend: Friend) -> Any:
        """Return when the friendship was first known."""
        return friend.first_known_since or friend.known_since

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Friend], search_term: str
    ) -> tuple[Any, bool]:
        """Search by the beginning of the UIN, or of the nickname."""
        if not search_term:
            return queryset, False
        # Each part has an index of its own.
        parts = [queryset.filter(ended_at=None), queryset.filter(ended_at__isnull=False)]
        found = search_many_by_uin(
            request, queryset, search_term, parts=parts, also=["nickname__istartswith"]
        )
        return found, False

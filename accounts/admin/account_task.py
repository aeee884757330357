"""The list of account tasks and their outcomes."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from accounts.models import AccountTask
from foundation.admin import ReadOnlyMixin, UncountedAdmin
from foundation.display import choice_words
from tabular.uin_search import search_by_uin

ACCOUNT_TASK_COLOURS = {"open": "info", "done": "success", "failed": "danger"}


@admin.register(AccountTask)
class AccountTaskAdmin(ReadOnlyMixin, UncountedAdmin):
    """Account tasks. The accounts' pages request them, and the lanes write their outcomes."""

    list_display = ["account", "kind", "badge", "outcome", "requested_at", "requested_by"]
    list_filter = [
        ("state", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ("account", AutocompleteSelectFilter),
    ]
    list_select_related = ["account", "requested_by"]
    search_fields = ["=account__uin", "outcome"]
    empty_sentence = _("Select accounts in their list and choose “Log in” or “Sync friends”.")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AccountTask], search_term: str
    ) -> tuple[Any, bool]:
        """Search by the beginning of the account's UIN, or in the outcome."""
        if not search_term:
            return queryset, False
        field, also = "account__uin", ["outcome__icontains"]
        return search_by_uin(queryset, search_term, field=field, also=also), False

    @display(description=_("state"), label=ACCOUNT_TASK_COLOURS, ordering="state")
    def badge(self, account_task: AccountTask) -> tuple[str, Any]:
        """Return the state, which selects the colour, and its label."""
        return account_task.state, choice_words(account_task, "state")

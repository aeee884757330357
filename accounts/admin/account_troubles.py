"""The list of accounts by what is wrong: chips with counts, and what helps all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from accounts.admin.account_verbs import VERBS
from accounts.models import Account, AccountTask
from accounts.models.account_task import AccountTaskKind
from accounts.troubles import (
    TROUBLE_SENTENCES,
    TROUBLE_WORDS,
    Trouble,
    count_troubles,
    with_trouble,
)

#: The verb that helps, by the trouble. Accounts at their quota, or with bad codes, can be rested.
REMEDIES = {
    Trouble.NEEDS_SOMEBODY: "enable",
    Trouble.RESTING: "enable",
    Trouble.OFFLINE: "login",
    Trouble.BAD_CODES: "rest",
    Trouble.OLD_FRIENDS: "sync",
    Trouble.NO_LOGIN: "login",
}


#: Account tasks that change what the list shows. While one is open, the page loads its rows anew.
FOLLOWED = (AccountTaskKind.LOGIN, AccountTaskKind.LOGOUT, AccountTaskKind.SYNC)


class TroubleFilter(DropdownFilter):
    """Accounts with which something is wrong."""

    title = _("what is wrong")
    parameter_name = "wrong"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the choices."""
        return [(trouble.value, TROUBLE_WORDS[trouble]) for trouble in Trouble]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Account]) -> QuerySet[Account]:
        """Return the accounts that have the trouble."""
        trouble = trouble_in(self.value())
        return queryset if trouble is None else with_trouble(queryset, trouble)


@dataclass(frozen=True, slots=True)
class Chip:
    """A trouble above the list: its words, how many accounts have it, and where it leads."""

    words: Any
    n: int
    address: str
    is_chosen: bool


class AccountTroubles:
    """Mixin of AccountAdmin: the chips above the list, and the remedy for what they show."""

    list_before_template = "console/account/troubles.html"

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Return the list with its chips, which count under the other filters and the search."""
        found = super().get_changelist_instance(request)  # type: ignore[misc]
        found.is_followed = AccountTask.objects.open().filter(kind__in=FOLLOWED).exists()
        if TroubleFilter not in found.list_filter:  # a restricted user's list has fewer filters
            return found
        parameter = TroubleFilter.parameter_name
        chosen = trouble_in(request.GET.get(parameter, ""))
        others = found.get_queryset(request, exclude_parameters=[parameter])
        counts = count_troubles(others)
        found.chips = [
            Chip(
                TROUBLE_WORDS[trouble],
                n,
                found.get_query_string(
                    {} if trouble == chosen else {parameter: trouble.value},
                    [parameter, "p"],
                ),
                trouble == chosen,
            )
            for trouble, n in counts.items()
            if n or trouble == chosen
        ]
        if chosen is not None:
            found.trouble = TROUBLE_SENTENCES[chosen]
            verb = REMEDIES.get(chosen)
            if verb and found.result_count and self.has_change_permission(request):  # type: ignore[attr-defined]
                found.remedy = {"verb": verb, "words": VERBS[verb].words, "icon": VERBS[verb].icon}
        return found


def trouble_in(value: Any) -> Trouble | None:
    """Return the trouble that an address names; None if it names none."""
    return Trouble(value) if value in set(Trouble) else None

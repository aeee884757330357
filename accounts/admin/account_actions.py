"""The actions on accounts: on the selected ones of the list, and on one on its page."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import ngettext

from accounts.admin.account_verbs import VERBS
from accounts.models import Account
from accounts.wake_ups import wake_reconciler
from foundation.admin import confirmation, require, show_refusals
from foundation.refusals import Refusal
from foundation.restricted import visible

#: The most accounts that a confirmation names.
NAMED = 20


def _named(accounts: list[Account]) -> str:
    """Return the names of the first NAMED accounts, and the number of the others."""
    names = ", ".join(str(account) for account in accounts[:NAMED])
    more = len(accounts) - NAMED
    if more <= 0:
        return names
    return ngettext("%(names)s and %(n)d more", "%(names)s and %(n)d more", more) % {
        "names": names,
        "n": more,
    }


class AccountActions:
    """The actions of the list and of the page of one account, mixed into the account's admin."""

    actions = [
        "act_login", "act_logout", "act_sync", "act_presence", "act_online", "act_busy",
        "act_invisible", "act_rest", "act_enable", "act_disable", "act_quarantine",
    ]  # fmt: skip

    def ask(self, request: HttpRequest, object_id: int, verb: str) -> HttpResponse:
        """Show what an action does to one account (GET), or carry it out (POST)."""
        require(self.has_change_permission(request))  # type: ignore[attr-defined]
        account = visible(Account.objects.filter(pk=object_id), request.user).first()
        if account is None or verb not in VERBS:
            raise Http404
        back = reverse("admin:accounts_account_change", args=[object_id])
        if request.method == "POST":
            self._perform(request, verb, [account])
            return HttpResponseRedirect(back)
        return confirmation(
            request,
            self,
            title=f"{VERBS[verb].words}: {account}",
            sentences=[VERBS[verb].before, VERBS[verb].besides],
            verb=str(VERBS[verb].words),
            back=back,
            is_dangerous=VERBS[verb].is_dangerous,
        )

    def _ask_many(
        self, request: HttpRequest, queryset: QuerySet[Account], verb: str
    ) -> HttpResponse | None:
        accounts = list(queryset)
        # What is done to all of a list, without choosing each, is always asked.
        is_asked = VERBS[verb].is_dangerous or bool(request.POST.get("is_asked"))
        if not is_asked or request.POST.get("is_confirmed"):
            self._perform(request, verb, accounts)
            return None
        title = ngettext("%(verb)s %(n)d account?", "%(verb)s %(n)d accounts?", len(accounts))
        return confirmation(
            request,
            self,
            title=title % {"verb": VERBS[verb].words, "n": len(accounts)},
            sentences=[VERBS[verb].before, VERBS[verb].besides, _named(accounts)],
            verb=str(VERBS[verb].words),
            back=request.get_full_path(),
            is_dangerous=VERBS[verb].is_dangerous,
            hidden=[
                ("action", f"act_{verb}"),
                ("is_confirmed", "1"),
                *((ACTION_CHECKBOX_NAME, account.pk) for account in accounts),
            ],
        )

    def _perform(self, request: HttpRequest, verb: str, accounts: list[Account]) -> None:
        refusals = []
        for account in accounts:
            try:
                VERBS[verb].do(account=account, by=request.user)
            except Refusal as refusal:
                refusals.append(refusal)
        done = len(accounts) - len(refusals)
        if done:
            wake_reconciler()
            messages.success(request, VERBS[verb].after(done) % {"n": done})
        show_refusals(request, refusals)

    @admin.action(description=VERBS["login"].words, permissions=["change"])
    def act_login(self, request: HttpRequest, queryset: QuerySet[Account]) -> Any:
        """Request the login of the selected accounts."""
        return self._ask_many(request, queryset, "login")

    @admin.action(description=VERBS["logout"].words, permissions=["change"])
    def act_logout(self, request: HttpRequest, queryset: QuerySet[Account]) -> Any:
        """Request the logout of the selected accounts."""
        return self._ask_many(request, queryset, "logout")

    @admin.action(description=VERBS["presence"].words, permissions=["change"])
    def act_presence(self, request: HttpRequest, queryset: QuerySet[Account]) -> Any:
        """Have the selected accounts ask who is online."""
        return self._ask_many(request, queryset, "presence")

    @admin.action(description=VERBS["online"].words, permissions=["change"])
    def act_online(self, request: HttpRequest, queryset: QuerySet[Account]) -> Any:
        """Show the selected accounts as online."""
        return self._ask_many(request, queryset, "online")

    @admin.action(description=VERBS["busy"].words, permissions=["change"])
    def act_busy(self, request: HttpRequest, queryset: QuerySet[Account]) -> Any:
        """Show the selected accounts as busy."""
        return self._ask_many(request, queryset, "busy")

    @admin.action(description=VERBS["invisible"].words, permissions=["change"])
    def act_invisible(self, request: HttpRequest, queryset: QuerySet[Account]) -> Any:
        """Show the selected accounts as invisible."""
        return self._ask_many(request, queryset, "invisible")

    @admin.action(description=VERBS["sync"].words, permissions=["change"])
    def act_sync(self, request: HttpRequest, queryset: QuerySet[Account]) -> Any:
        """Request the friend lists of the selected accounts."""
        return self._ask_many(request, queryset, "sync")

    @admin.action(description=VERBS["rest"].words, permissions=["change"])
    def act_rest(self, request: HttpRequest, queryset: QuerySet[Account]) -> Any:
        """Rest the selected accounts."""
        return self._ask_many(request, queryset, "rest")

    @admin.action(description=VERBS["enable"].words, permissions=["change"])
    def act_enable(self, request: HttpRequest, queryset: QuerySet[Account]) -> Any:
        """Enable the selected accounts."""
        return self._ask_many(request, queryset, "enable")

    @admin.action(description=VERBS["disable"].words, permissions=["change"])
    def act_disable(self, request: HttpRequest, queryset: QuerySet[Account]) -> Any:
        """Disable the selected accounts after confirmation."""
        return self._ask_many(request, queryset, "disable")

    @admin.action(description=VERBS["quarantine"].words, permissions=["change"])
    def act_quarantine(self, request: HttpRequest, queryset: QuerySet[Account]) -> Any:
        """Quarantine the selected accounts after confirmation."""
        return self._ask_many(request, queryset, "quarantine")

"""The actions on accounts: on the selected ones of the list, and on one on its page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, ngettext

from accounts.account_tasks import request_account_task
from accounts.models import Account, AccountTaskKind
from accounts.states import StateReason
from accounts.transitions import disable_account, enable_account, quarantine_account, rest_account
from accounts.wake_ups import wake_reconciler
from foundation.admin import confirmation, require, show_refusals
from foundation.refusals import Refusal

#: The most accounts that a confirmation names.
NAMED = 20


@dataclass(frozen=True)
class Verb:
    """An action on accounts.

    Args:
        words: the label of the button.
        before: the sentence that describes the effect, shown before the action; empty if the
            action needs no confirmation.
        after: a function that returns the message for n accounts.
        do: the service, called with account and by.
        is_dangerous: whether the button has the colour of a warning and the list asks to confirm.
        icon: the name of the icon.
        besides: a second sentence, about the account's messages.
    """

    words: Any
    before: Any
    after: Callable[[int], str]
    do: Callable[..., Any]
    is_dangerous: bool = False
    icon: str = ""
    besides: Any = ""


#: The messages are moved by `campaigns.planning.reroute`, which this app must not import.
_MESSAGES_MOVE = _(
    "Its messages move to other accounts with the same friend. Messages that no other account can "
    "send fail or wait, depending on the campaign. Failed ones can be retried once the account is "
    "enabled."
)


def _quarantine(*, account: Account, by: Any) -> None:
    quarantine_account(
        account=account,
        reason=StateReason.BY_OPERATOR,
        detail=gettext_noop("Quarantined by an operator in the console."),
        by=by,
    )


VERBS: dict[str, Verb] = {
    "login": Verb(
        words=_("Log in"),
        before="",
        after=lambda n: ngettext(
            "%(n)d account was asked to log in; the outcome appears under account tasks.",
            "%(n)d accounts were asked to log in; the outcomes appear under account tasks.",
            n,
        ),
        do=partial(request_account_task, kind=AccountTaskKind.LOGIN),
        icon="login",
    ),
    "sync": Verb(
        words=_("Sync friends"),
        before="",
        after=lambda n: ngettext(
            "%(n)d account was asked to fetch its friend list.",
            "%(n)d accounts were asked to fetch their friend lists.",
            n,
        ),
        do=partial(request_account_task, kind=AccountTaskKind.SYNC),
        icon="group",
    ),
    "rest": Verb(
        words=_("Rest for an hour"),
        before=_("It stays logged in and sends nothing for an hour; its deliveries wait."),
        after=lambda n: ngettext(
            "%(n)d account rests for an hour.", "%(n)d accounts rest for an hour.", n
        ),
        do=rest_account,
        icon="bedtime",
    ),
    "enable": Verb(
        words=_("Enable"),
        before=_("Its error counts are reset. It logs in and sends again."),
        after=lambda n: ngettext("%(n)d account is enabled.", "%(n)d accounts are enabled.", n),
        do=enable_account,
        icon="check_circle",
    ),
    "disable": Verb(
        words=_("Disable"),
        before=_(
            "It stops before its next message and sends nothing until you enable it. At most one "
            "message is in flight."
        ),
        besides=_MESSAGES_MOVE,
        after=lambda n: ngettext("%(n)d account is disabled.", "%(n)d accounts are disabled.", n),
        do=disable_account,
        is_dangerous=True,
        icon="block",
    ),
    "quarantine": Verb(
        words=_("Quarantine"),
        before=_(
            "It stops before its next message and is shown as needing attention until you enable "
            "it."
        ),
        besides=_MESSAGES_MOVE,
        after=lambda n: ngettext(
            "%(n)d account is in quarantine.", "%(n)d accounts are in quarantine.", n
        ),
        do=_quarantine,
        is_dangerous=True,
        icon="health_and_safety",
    ),
}


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

    actions = ["act_login", "act_sync", "act_rest", "act_enable", "act_disable", "act_quarantine"]

    def ask(self, request: HttpRequest, object_id: int, verb: str) -> HttpResponse:
        """Show what an action does to one account (GET), or carry it out (POST)."""
        require(self.has_change_permission(request))  # type: ignore[attr-defined]
        account = Account.objects.filter(pk=object_id).first()
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
        if not VERBS[verb].is_dangerous or request.POST.get("is_confirmed"):
            self._perform(request, verb, accounts)
            return None
        title = ngettext("%(verb)s %(n)d account?", "%(verb)s %(n)d accounts?", len(accounts))
        return confirmation(
            request,
            self,
            title=title % {"verb": VERBS[verb].words, "n": len(accounts)},
            sentences=[VERBS[verb].before, VERBS[verb].besides, _named(accounts)],
            verb=str(VERBS[verb].words),
            back=reverse("admin:accounts_account_changelist"),
            is_dangerous=True,
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

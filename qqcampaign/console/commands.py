"""Commands that are typed into the palette: a verb, and to whom or what: "pause spring"."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from unfold.dataclasses import SearchResult

from accounts.admin.account_verbs import VERBS as ACCOUNT_VERBS
from accounts.models import Account
from campaigns.admin.campaign_verbs import offered_verbs
from campaigns.models import Campaign
from contacts.admin.contact_page import VERBS as PERSON_VERBS
from contacts.models import Contact, Suppression
from foundation.restricted import may_open
from sending.runs.figures import figures_of
from tabular.uin_search import uin_digits

#: The most rows of one kind that are found, or that a command is offered for.
MOST_ROWS = 6
#: Campaigns among whose newest a verb without a name looks for those that it fits.
NEWEST_CAMPAIGNS = 30
#: Digits of the shortest UIN; fewer are the beginning of one.
SHORTEST_UIN = 5


@dataclass(frozen=True, slots=True)
class Command:
    """A verb that can be typed.

    Args:
        words: the words for it, between commas: a translation gives those of its own language.
        verbs: the names of the actions that it stands for, on what `offer` knows.
        offer: yields what the command could do, given request, verbs and the rest of the words.
    """

    words: Any
    verbs: tuple[str, ...]
    offer: Callable[[HttpRequest, tuple[str, ...], str], Iterator[SearchResult]]


def typed_commands(request: HttpRequest, term: str) -> Iterator[SearchResult]:
    """Yield what a typed command could do. Each leads to its confirmation, or to a form."""
    for command in COMMANDS:
        rest = _rest(command, term)
        if rest is not None:
            yield from command.offer(request, command.verbs, rest)


def _rest(command: Command, term: str) -> str | None:
    """Return what follows the verb; None if the term does not begin with it.

    The English words are always taken. Chinese needs no blank after the verb.
    """
    with override("en"):
        spelled = str(command.words)
    words = [word.strip() for word in f"{spelled},{command.words}".replace("，", ",").split(",")]
    for word in sorted(filter(None, words), key=len, reverse=True):
        begins = term[: len(word)].casefold() == word.casefold()
        rest = term[len(word) :]
        if begins and (not rest or rest[0].isspace() or not word.isascii()):
            return rest.strip()
    return None


def rows_found(request: HttpRequest, model: Any, term: str) -> Iterator[Any]:
    """Return the first rows that the search of the model's list finds, if they may be seen."""
    page = admin.site.get_model_admin(model)
    if not page.has_view_permission(request):
        return iter(())
    found, _may_be_doubled = page.get_search_results(request, page.get_queryset(request), term)
    # People in no order: ordered by key, a search that finds few of them could read them all.
    ordered = found.order_by() if model is Contact else found.order_by("-pk")
    return iter(ordered[: MOST_ROWS if term else NEWEST_CAMPAIGNS])


def campaign_actions(
    request: HttpRequest, campaign: Campaign, *, verbs: tuple[str, ...] | None = None, most: int
) -> Iterator[SearchResult]:
    """Yield what can be done to a campaign now: of these verbs, or the most likely ones."""
    if not request.user.has_perm("campaigns.change_campaign"):
        return
    run = campaign.runs.order_by("-number").first()
    figures = figures_of(run=run) if run is not None else None
    offered = offered_verbs(campaign, run, figures)
    for name, verb in [one for one in offered if verbs is None or one[0] in verbs][:most]:
        address = reverse("admin:campaigns_campaign_do", args=[campaign.pk, name])
        yield _action(
            verb.words,
            campaign.name,
            f"{address}?run={run.number}" if run is not None else address,
            verb.icon,
        )


def _on_campaigns(
    request: HttpRequest, verbs: tuple[str, ...], rest: str
) -> Iterator[SearchResult]:
    n = 0
    for campaign in rows_found(request, Campaign, rest):
        for found in campaign_actions(request, campaign, verbs=verbs, most=1):
            yield found
            n += 1
        if n == MOST_ROWS:
            return


def _on_people(request: HttpRequest, verbs: tuple[str, ...], rest: str) -> Iterator[SearchResult]:
    if not rest or not may_open(request.user, "contacts_contact_ask"):
        return
    people = list(rows_found(request, Contact, rest))
    suppressed = set(
        Suppression.objects.filter(uin__in=[one.uin for one in people], contact_list=None)
        .values_list("uin", flat=True)
    )  # fmt: skip
    for name in verbs:
        verb = PERSON_VERBS[name]
        if not request.user.has_perm(verb.permission):
            continue
        for person in people:
            if (name == "lift") == (person.uin in suppressed):
                address = reverse("admin:contacts_contact_ask", args=[person.pk, name])
                yield _action(verb.words, person, address, "do_not_disturb_on")
        if name == "suppress" and not people and len(digits := uin_digits(rest)) >= SHORTEST_UIN:
            address = f"{reverse('admin:contacts_suppression_add')}?uin={digits}"
            yield _action(verb.words, digits, address, "do_not_disturb_on")


def _on_accounts(request: HttpRequest, verbs: tuple[str, ...], rest: str) -> Iterator[SearchResult]:
    is_open = may_open(request.user, "accounts_account_ask")
    if not rest or not is_open or not request.user.has_perm("accounts.change_account"):
        return
    for account in rows_found(request, Account, rest):
        for name in verbs:
            address = reverse("admin:accounts_account_ask", args=[account.pk, name])
            yield _action(ACCOUNT_VERBS[name].words, account, address, ACCOUNT_VERBS[name].icon)


def _new_campaign(
    request: HttpRequest, _verbs: tuple[str, ...], rest: str
) -> Iterator[SearchResult]:
    if not rest and request.user.has_perm("campaigns.add_campaign"):
        yield _page(_("New campaign"), "campaigns_campaign_new", "campaign")


def _imports(request: HttpRequest, _verbs: tuple[str, ...], rest: str) -> Iterator[SearchResult]:
    if not rest and request.user.has_perm("contacts.add_contactimport"):
        yield _page(_("Import contacts"), "contacts_contactimport_upload", "upload_file")
    may_import = request.user.has_perm("accounts.add_account")
    if not rest and may_import and may_open(request.user, "accounts_account_upload"):
        yield _page(_("Import accounts"), "accounts_account_upload", "upload_file")


def _action(words: Any, what: object, address: str, icon: str) -> SearchResult:
    title = _("%(verb)s: %(name)s") % {"verb": words, "name": what}
    return SearchResult(title=title, description=_("quick action"), link=address, icon=icon)


def _page(title: str, page: str, icon: str) -> SearchResult:
    address = reverse(f"admin:{page}")
    return SearchResult(title=title, description=_("page"), link=address, icon=icon)


#: Translators: several words for one command, between commas, as people would type them.
COMMANDS = (
    Command(gettext_lazy("pause, hold"), ("pause",), _on_campaigns),
    Command(gettext_lazy("resume, continue"), ("resume",), _on_campaigns),
    Command(
        gettext_lazy("start, launch"),
        ("start", "start-schedule", "start-again"),
        _on_campaigns,
    ),
    Command(gettext_lazy("cancel, stop"), ("cancel",), _on_campaigns),
    Command(gettext_lazy("retry, send again"), ("retry",), _on_campaigns),
    Command(gettext_lazy("suppress, block"), ("suppress",), _on_people),
    Command(gettext_lazy("lift, unblock"), ("lift",), _on_people),
    Command(gettext_lazy("quarantine, isolate"), ("quarantine",), _on_accounts),
    Command(gettext_lazy("disable, turn off"), ("disable",), _on_accounts),
    Command(gettext_lazy("enable, turn on"), ("enable",), _on_accounts),
    Command(gettext_lazy("rest, let rest"), ("rest",), _on_accounts),
    Command(gettext_lazy("log in, login"), ("login",), _on_accounts),
    Command(gettext_lazy("log out, logout"), ("logout",), _on_accounts),
    Command(gettext_lazy("sync, sync friends"), ("sync",), _on_accounts),
    Command(gettext_lazy("new campaign, add campaign"), (), _new_campaign),
    Command(gettext_lazy("import, upload"), (), _imports),
)

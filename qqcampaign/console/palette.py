"""What the command palette (Ctrl-K) finds besides the pages: a few rows of each kind, and help."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from unfold.dataclasses import SearchResult

from accounts.models import Account
from campaigns.admin.campaign_verbs import offered_verbs
from campaigns.admin.page_urls import campaign_url
from campaigns.models import Campaign, MessageTemplate
from contacts.models import Contact, ContactList, Segment
from qqcampaign.console.help.library import reading_language
from qqcampaign.console.help.search import search
from sending.runs.figures import figures_of

#: The most rows of one kind.
MOST_OF_A_KIND = 6
#: The most campaigns whose actions are offered.
MOST_WITH_VERBS = 2

#: Kind, icon, address. Each is searched as its list is: by an index where the table is large.
_KINDS: list[tuple[type[Model], str, Callable[[Any], str]]] = [
    (Campaign, "campaign", campaign_url),
    (Contact, "person", lambda row: _form("contacts_contact", row)),
    (Account, "account_circle", lambda row: _form("accounts_account", row)),
    (ContactList, "groups", lambda row: _form("contacts_contactlist", row)),
    (Segment, "filter_alt", lambda row: _form("contacts_segment", row)),
    (MessageTemplate, "description", lambda row: _form("campaigns_messagetemplate", row)),
]


def found_rows(request: HttpRequest, term: str) -> list[SearchResult]:
    """Return campaigns with what can be done to them, people, accounts, lists, templates, help."""
    results: list[SearchResult] = []
    for model, icon, address in _KINDS:
        rows = list(_rows(request, model, term))
        if model is Campaign:
            results += _verbs(request, rows[:MOST_WITH_VERBS])
        results += [
            SearchResult(
                title=str(row),
                description=str(row._meta.verbose_name),
                link=address(row),
                icon=icon,
            )
            for row in rows
        ]
    return results + list(_help(term))


def _help(term: str) -> Iterator[SearchResult]:
    """Yield the sections of the documentation that hold every word."""
    for hit in search(term, reading_language(), most=MOST_OF_A_KIND):
        yield SearchResult(
            title=_("Help: %(title)s") % {"title": hit.title},
            description=_("help"),
            link=hit.address,
            icon="help",
        )


def _rows(request: HttpRequest, model: type[Model], term: str) -> Iterator[Any]:
    """Return the first rows that the search of the model's list finds, if they may be seen."""
    page = admin.site.get_model_admin(model)
    if not page.has_view_permission(request):
        return iter(())
    found, _may_be_doubled = page.get_search_results(request, page.get_queryset(request), term)
    # People in no order: ordered by key, a search that finds few of them could read them all.
    ordered = found.order_by() if model is Contact else found.order_by("-pk")
    return iter(ordered[:MOST_OF_A_KIND])


def _verbs(request: HttpRequest, campaigns: list[Campaign]) -> Iterator[SearchResult]:
    """Yield what the operator could do to campaigns now. Each leads to its confirmation."""
    if not request.user.has_perm("campaigns.change_campaign"):
        return
    for campaign in campaigns:
        run = campaign.runs.order_by("-number").first()
        figures = figures_of(run=run) if run is not None else None
        for name, verb in offered_verbs(campaign, run, figures)[:2]:
            address = reverse("admin:campaigns_campaign_do", args=[campaign.pk, name])
            yield SearchResult(
                title=_("%(verb)s: %(name)s") % {"verb": verb.words, "name": campaign.name},
                description=_("action"),
                link=f"{address}?run={run.number}" if run is not None else address,
                icon=verb.icon,
            )


def _form(page: str, row: Model) -> str:
    return reverse(f"admin:{page}_change", args=[row.pk])

"""What the command palette (Ctrl-K) finds: commands, pages, a few rows of each kind, and help."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from unfold.dataclasses import SearchResult

from accounts.models import Account
from campaigns.admin.page_urls import campaign_url
from campaigns.models import Campaign, MessageTemplate
from contacts.models import Contact, ContactList, Segment
from qqcampaign.console.commands import (
    MOST_ROWS,
    campaign_actions,
    rows_found,
    typed_commands,
)
from qqcampaign.console.help.library import reading_language
from qqcampaign.console.help.search import search
from qqcampaign.console.navigation import SIDEBAR

#: The most campaigns whose actions are offered, and the most actions of each.
MOST_WITH_VERBS = MOST_VERBS = 2
#: The most characters that are searched for.
LONGEST_TERM = 200

#: Kind, icon, address. Each is searched as its list is: by an index where the table is large.
_KINDS: list[tuple[type[Model], str, Callable[[Any], str]]] = [
    (Campaign, "campaign", campaign_url),
    (Contact, "person", lambda row: _form("contacts_contact", row)),
    (Account, "account_circle", lambda row: _form("accounts_account", row)),
    (ContactList, "groups", lambda row: _form("contacts_contactlist", row)),
    (Segment, "filter_alt", lambda row: _form("contacts_segment", row)),
    (MessageTemplate, "description", lambda row: _form("campaigns_messagetemplate", row)),
]


def palette_view(request: HttpRequest, extra_context: Any = None) -> HttpResponse:
    """Answer with what a term finds, in place of Unfold's search.

    Unfold keeps results for five minutes, whatever the language: a run that was paused would be
    offered to be paused again.
    """
    term = request.GET.get("s", "").strip()[:LONGEST_TERM]
    if not term:
        return HttpResponse()
    began = time.monotonic()
    results = found_rows(request, term)
    pages = Paginator(results, max(1, len(results)))
    context = {
        "page_obj": pages,
        "results": pages.page(1),
        "page_counter": 0,
        "execution_time": time.monotonic() - began,
        "command_show_history": False,
    }
    template = "unfold/helpers/command_results.html"
    return TemplateResponse(request, template, context, headers={"HX-Trigger": "search"})


def found_rows(request: HttpRequest, term: str) -> list[SearchResult]:
    """Return what a command could do, pages, campaigns with their actions, other rows, help."""
    results = [*typed_commands(request, term), *_pages(request, term)]
    for model, icon, address in _KINDS:
        rows = list(rows_found(request, model, term))
        if model is Campaign:
            for row in rows[:MOST_WITH_VERBS]:
                results += campaign_actions(request, row, most=MOST_VERBS)
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


def _pages(request: HttpRequest, term: str) -> Iterator[SearchResult]:
    """Yield the pages of the sidebar with the term in their title, or in the English one."""
    for room in SIDEBAR:
        for item in room["items"]:
            may_see = item.get("permission", lambda _request: True)
            with override("en"):
                english = str(item["title"])
            if term.casefold() in f"{english}\n{item['title']}".casefold() and may_see(request):
                yield SearchResult(
                    title=str(item["title"]),
                    description=_("page"),
                    link=str(item["link"]),
                    icon=item["icon"],
                )


def _help(term: str) -> Iterator[SearchResult]:
    """Yield the sections of the documentation that hold every word."""
    for hit in search(term, reading_language(), most=MOST_ROWS):
        yield SearchResult(
            title=_("Help: %(title)s") % {"title": hit.title},
            description=_("help"),
            link=hit.address,
            icon="help",
        )


def _form(page: str, row: Model) -> str:
    return reverse(f"admin:{page}_change", args=[row.pk])

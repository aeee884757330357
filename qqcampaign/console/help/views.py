"""The pages of the help: the list with its search, a page, its pictures, the panel, and a code."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from qqcampaign.console.help.glossary import terms_in
from qqcampaign.console.help.library import Page, find_page, groups, reading_language
from qqcampaign.console.help.pictures import pictures
from qqcampaign.console.help.places import place_of
from qqcampaign.console.help.search import LONGEST_QUESTION, search
from sending.code_explanations import explain
from sending.policies import load_policies

#: Seconds for which a browser keeps a picture.
PICTURE_SECONDS = 3600
#: Characters of a result code that is asked for.
_LONGEST_CODE = 32


@require_safe
def help_view(request: HttpRequest) -> HttpResponse:
    """Show the list of pages, or what a search finds."""
    language = reading_language()
    question = request.GET.get("q", "").strip()[:LONGEST_QUESTION]
    context = {
        **_frame(request, _("Help")),
        "question": question,
        "hits": search(question, language) if question else [],
        "groups": groups(language),
    }
    return TemplateResponse(request, "console/help/index.html", context)


@require_safe
def page_view(request: HttpRequest, name: str) -> HttpResponse:
    """Show a page in the reader's language, or in English where it has no other."""
    language = reading_language()
    page = find_page(name, language)
    if page is None:
        raise Http404
    context = {
        **_frame(request, page.title),
        "page": page,
        "html": mark_safe(page.html),  # noqa: S308 -- rendered without raw HTML
        "is_fallback": page.language != language,
        "contents": [one for one in page.sections if one.level == 2],
        "groups": groups(language),
    }
    return TemplateResponse(request, "console/help/page.html", context)


@require_safe
def picture_view(request: HttpRequest, name: str) -> HttpResponse | FileResponse:
    """Send a picture of a page."""
    file = pictures().get(name)
    if file is None:
        raise Http404
    answer = FileResponse(file.open("rb"), content_type="image/png")
    answer.headers["Cache-Control"] = f"private, max-age={PICTURE_SECONDS}"
    return answer


@require_safe
def panel_view(request: HttpRequest) -> HttpResponse:
    """Show the section of the documentation for the page that asks."""
    language = reading_language()
    place = place_of(request.GET.get("at", "")[:100], language)
    page = place.page if place is not None else None
    section = None
    if place is not None:
        section = place.section or place.page.sections[0]
    context = {
        "place": place,
        "section": section,
        "html": mark_safe(section.html) if section is not None else "",  # noqa: S308 -- as above
        "below": _below(page, section),
        "terms": terms_in(section, language),
        "is_fallback": page is not None and page.language != language,
    }
    return TemplateResponse(request, "console/help/panel.html", context)


@require_safe
def code_view(request: HttpRequest) -> JsonResponse:
    """Answer what a result code means, what the engine does about it, and what one can do."""
    code = request.GET.get("code", "")
    if len(code) > _LONGEST_CODE:
        raise Http404
    found = explain(code, load_policies())
    texts = [part for part in (found.meaning, found.engine, found.remedy) if part]
    return JsonResponse({"code": code, "title": found.title, "texts": texts})


def _below(page: Page | None, section: Any) -> list[Any]:
    """Return the sections that the beginning of a page leads to."""
    if page is None or section is None:
        return []
    if section.level == 1:
        return [one for one in page.sections if one.level == 2]
    below = []
    for one in page.sections[page.sections.index(section) + 1 :]:
        if one.level <= section.level:
            break
        below.append(one)
    return below


def _frame(request: HttpRequest, title: str) -> dict[str, Any]:
    return {**admin.site.each_context(request), "title": title}

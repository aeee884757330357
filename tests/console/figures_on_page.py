"""Asserts that every figure on a page leads to its rows, as the browser shows the page."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from django.contrib.auth.models import User
from django.test import Client, RequestFactory
from django.urls import resolve

#: Finds what a page shows as a figure: the number, and where it leads. A table of shares has its
#: link at the words of the row.
_FIGURES = """
() => Array.from(document.querySelectorAll(".q-figure b, .q-lines td.q-n"), (figure) => {
    const row = figure.closest("tr");
    const link = figure.closest("a") || figure.querySelector("a")
        || (row && row.querySelector(".q-dotted a"));
    const shown = link && figure.contains(link) ? link : figure;
    return [shown.innerText.trim(), link ? link.getAttribute("href") : null];
})
"""


def assert_figures_lead_to_rows(page: Any, *, user: User, least: int) -> None:
    """Assert that each figure of a page is the number of the rows that its link shows.

    Args:
        page: the browser's page.
        user: who looks at it.
        least: so many figures the page has at least.
    """
    shown = [
        (int(text.replace(",", "")), address)
        for text, address in page.evaluate(_FIGURES)
        if text.replace(",", "").isdigit()
    ]
    assert len(shown) >= least, (page.url, shown)
    for n, address in dict.fromkeys(shown):
        if n == 0 and address is None:
            continue  # no rows to show
        assert address, (page.url, n)
        assert rows_behind(urljoin(page.url, address), user=user) == n, (page.url, n, address)


def rows_behind(address: str, *, user: User) -> int:
    """Return the number of the rows that a page lists."""
    parts = urlsplit(address)
    view: Any = resolve(parts.path)
    if str(view.url_name).endswith("_changelist"):  # read without its HTML, which takes longest
        request = RequestFactory().get(parts.path, dict(parse_qsl(parts.query)))
        request.user = user
        found = view.func.model_admin.get_changelist_instance(request)
        return int(found.queryset.count())
    client = Client()
    client.force_login(user)
    shown = client.get(f"{parts.path}?{parts.query}")
    assert shown.status_code == 200, address
    assert not shown.context["next_after"], address
    return len(shown.context["people"])
